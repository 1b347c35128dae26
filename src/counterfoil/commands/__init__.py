"""The sub-commands of ``counterfoil``, one module each. Each is imported only when it is called."""
