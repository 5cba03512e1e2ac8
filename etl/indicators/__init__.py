"""Aggregation and indicators: counts by unit, rates, quotients and means, before protection."""
