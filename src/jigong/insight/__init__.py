"""Read-only views of facts and decisions: portrait, paths, missing data, differences."""
