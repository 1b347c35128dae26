"""Counterfoil: an order and invoicing service whose books stay right under concurrency."""

__version__ = "0.1.0.dev0"
