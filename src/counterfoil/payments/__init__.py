"""Money at payment gateways: the port, the operations in their phases, and a gateway for tests."""
