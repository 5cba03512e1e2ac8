"""Deliveries in: readers, validation, quarantine, counting."""
