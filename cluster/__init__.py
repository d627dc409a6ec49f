"""Ray on this machine: locked by a token, on loopback, started, found, watched and ended. It knows nothing of what runs on it."""
