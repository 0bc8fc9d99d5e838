"""Ten first syncs while processes of the site are killed at random: each ends complete. Run by hand: `make soak`."""

from __future__ import annotations

import os
import random
import sys
import time

import pytest

from config.env import Env
from tests.first_sync import FINDS_PROCESSES, Accounts
from tests.running_site import wait_until

ROUNDS = int(os.environ.get("SOAK_ROUNDS", "10"))
TICKETS = int(os.environ.get("SOAK_TICKETS", "300"))
KILLS = 4  # in one sync
VICTIMS = ("worker child", "worker", "patient", "vectors", "web", "beat", "valkey", "postgres")


@pytest.mark.soak
@FINDS_PROCESSES
def test_first_syncs_end_complete_whatever_is_killed_and_whenever(tmp_path):
    seed = int(os.environ.get("SOAK_SEED", time.time_ns() % 10**6))
    dice, accounts = random.Random(seed), Accounts("soak", ROUNDS)
    sys.stderr.write(f"SOAK_SEED={seed}\n")
    both = {"SECOND_EMBEDDING_PROVIDER": Env.model_fields["second_embedding_provider"].default}
    with accounts.site(tmp_path / "a site", poll_seconds=5, **both) as site:
        for number in range(ROUNDS):
            with accounts.sync(site, tickets=TICKETS, seed=seed) as sync:
                began, killed = time.monotonic(), []
                for _ in range(KILLS):
                    pause = time.monotonic() + dice.uniform(0.5, 12)
                    wait_until(lambda pause=pause: time.monotonic() > pause or sync.done(), "the next kill", 30)
                    victim = dice.choice(VICTIMS)
                    killed.append(f"{victim} at {time.monotonic() - began:.1f} s")
                    site.kill_and_see_it_return(victim, 60)
                sync.wait_until_done(300)
                sys.stderr.write(f"round {number}: {', '.join(killed)}; complete after {time.monotonic() - began:.1f} s\n")
                sync.check()
