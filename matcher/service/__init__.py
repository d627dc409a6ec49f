"""The matcher as a web service: REST, progress, limits, and the page that a player sees. Photos stay in memory."""
