"""The verb `demo`: the whole system on this machine, from nothing to a matched character and a report."""
