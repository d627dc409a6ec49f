"""What can go wrong with Ray itself, before anything of ours runs on it.

LookalikeError
└── ClusterError
    ├── HeadError           the head does not start, or its port is taken
    ├── LostActorsError     what Ray's head knew of its actors is spoilt
    ├── OpenClusterError    it answers without a token
    ├── OtherClusterError   another cluster is there than the one that is asked for
    └── NoClusterError      none runs
"""

from protocol.errors import LookalikeError


class ClusterError(LookalikeError):
    """Raised when Ray on this machine does not do what is asked of it."""


class HeadError(ClusterError):
    """Raised when the head does not start."""


class LostActorsError(ClusterError):
    """Raised when Ray holds actors as alive on a node that it holds as dead: nobody will ever start them again."""


class OpenClusterError(ClusterError):
    """Raised when a cluster answers without a token; it is ended before anything runs on it."""


class OtherClusterError(ClusterError):
    """Raised when the cluster that runs is another one than the one that is asked for."""


class NoClusterError(ClusterError):
    """Raised when a cluster is needed and none runs."""
