"""What the sweeps in a store have planned, for those who check the tables without a coordinator."""

from __future__ import annotations

from collections.abc import Collection

from coordinator.campaign import Campaign
from coordinator.sweep import plan_sweep
from creator.profile import Profile
from dataset.store import Store


def planned_rows(store: Store, profile: Profile, committed: Collection[str]) -> dict[str, int]:
    """Rows by shard; of a cancelled sweep those that were committed before. Raises SweepError."""
    campaign = Campaign(store)
    cancelled = {order.name for order in campaign.orders() if order.sweep and order.sweep.state == "cancelled"}
    return {
        shard.shard_id: len(shard.characters)
        for sweep in campaign.sweeps()
        for shard in plan_sweep(sweep.spec, profile)
        if sweep.spec.name not in cancelled or shard.shard_id in committed
    }
