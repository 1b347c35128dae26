"""Why a measurement ends early.

LabFault
├── CannotMeasure   something that is needed is missing or does not start
└── WrongBooks      what the service answered and what its database holds do not agree
"""


class LabFault(Exception):
    """A measurement ended early. The message is for people."""


class CannotMeasure(LabFault):
    """Something that is needed is missing or does not start."""


class WrongBooks(LabFault):
    """What the service answered and what its database holds do not agree."""
