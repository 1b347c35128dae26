"""The REST language of VTEX Orders. It translates and never decides."""
