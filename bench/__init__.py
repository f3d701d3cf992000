"""How fast: every figure is measured side by side in one run, each measurement in a process of its own."""
