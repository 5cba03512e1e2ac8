"""The auditor: an attacker who knows all that is visible and bounds each hidden cell; shares no code with the solver."""
