"""How fast and with how much memory a register extract is taken in, beside a bare COPY and an analyst's tools."""
