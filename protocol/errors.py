"""The error tree of what parts say to each other; every folder hangs its own family below `LookalikeError`.

LookalikeError
├── ProtocolError
│   ├── MessageError        a message lacks a field or holds one of the wrong kind
│   ├── VersionError        the other side speaks another version
│   └── ChunkError          a chunk is damaged, too large or not a chunk
└── DeviceError
    ├── WindowError         the creator's window is missing, covered or not in front
    └── GameOverError       the creator ended or no longer answers
"""


class LookalikeError(Exception):
    """Raised for everything that a user can put right: the message says what was got, what was expected, what to do."""


class ProtocolError(LookalikeError):
    """Raised when what another part said cannot be understood."""


class MessageError(ProtocolError):
    """Raised when a message lacks a field or holds one of the wrong kind."""


class VersionError(ProtocolError):
    """Raised when the other side speaks another version of the protocol."""


class ChunkError(ProtocolError):
    """Raised when a chunk is damaged, too large or not a chunk at all."""


class DeviceError(LookalikeError):
    """Raised when the machine under an agent does not do what an agent needs."""


class WindowError(DeviceError):
    """Raised when the creator's window is missing, covered or not in front; no key has been pressed."""


class GameOverError(DeviceError):
    """Raised when the creator ended or no longer answers."""
