"""The auditor: an attacker who knows all that is visible and bounds each hidden cell, by other means than the solver."""
