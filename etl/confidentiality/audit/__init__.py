"""The auditor: an attacker who knows all that is visible and bounds each hidden cell. No method is the solver's."""
