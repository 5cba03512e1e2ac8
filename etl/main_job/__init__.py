"""The main job: from files in a folder to published figures and a map, as one job file says."""
