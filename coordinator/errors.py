"""What can go wrong between a sweep's specification and its rows in the table.

LookalikeError
└── CoordinatorError
    ├── SweepError              a specification or a plan
    │   ├── SweepSpecError      a field is missing, unknown or out of its bounds
    │   └── SweepConflictError  the store holds another sweep of that name
    ├── LeaseError
    │   ├── LeaseSettingsError  times that contradict each other
    │   ├── UnknownLeaseError   never granted, expired or ended
    │   ├── ForeignLeaseError   it belongs to another agent
    │   ├── WrongProfileError   the agent drives another creator than the coordinator plans for
    │   └── ChunkMismatchError  a chunk's records are not what its lease is for
    ├── OrderError              an operator's order names nothing that is there, or makes no sense
    ├── TokenError              the token file, or an enrolment that makes no sense
    ├── StoreError              what the store holds cannot be read back
    ├── UnavailableError        a part of the cluster does not answer now
    └── ServeError              the cluster on this machine
        ├── ListeningError      an address, a certificate or a key that must not be used so
        └── PortInUseError

All take one text, so that they travel between Ray's processes.
"""

from protocol.errors import LookalikeError


class CoordinatorError(LookalikeError):
    """Raised when the coordinator cannot do what it is asked."""


class SweepError(CoordinatorError):
    """Raised when a sweep cannot be planned."""


class SweepSpecError(SweepError):
    """Raised when a specification lacks a field, has an unknown one, or a value is out of bounds."""


class SweepConflictError(SweepError):
    """Raised when the store holds a sweep of that name with another specification or another plan."""


class LeaseError(CoordinatorError):
    """Raised when an agent refers to work that is not its own."""


class LeaseSettingsError(LeaseError):
    """Raised when the times of leases contradict each other."""


class UnknownLeaseError(LeaseError):
    """Raised when a lease was never granted, has expired or has ended."""


class ForeignLeaseError(LeaseError):
    """Raised when a lease belongs to another agent."""


class WrongProfileError(LeaseError):
    """Raised when an agent drives another creator than the one that sweeps are planned for."""


class ChunkMismatchError(LeaseError):
    """Raised when a chunk's records are not what its lease is for."""


class OrderError(CoordinatorError):
    """Raised when an operator's order names a sweep or agent that is not there, or a value out of bounds."""


class TokenError(CoordinatorError):
    """Raised when tokens cannot be read, written or issued as asked."""


class StoreError(CoordinatorError):
    """Raised when what the store holds cannot be read back."""


class UnavailableError(CoordinatorError):
    """Raised when a part of the cluster does not answer now; the same request again may succeed."""


class ServeError(CoordinatorError):
    """Raised when the cluster on this machine does not start."""


class ListeningError(ServeError):
    """Raised when listening there would not be safe, or its certificate cannot be used."""


class PortInUseError(ServeError):
    """Raised when something else listens where the gateway should."""
