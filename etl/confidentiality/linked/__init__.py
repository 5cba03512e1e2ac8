"""All that a release shows as one linear system: what stands in it, how it hangs together, what to hide jointly."""
