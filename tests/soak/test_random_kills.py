"""Ten first syncs while processes of the site are killed at random: each ends complete. Run by hand: `make soak`."""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

import pytest

from embedded.processes import free_port
from tests.first_sync import first_sync
from tests.running_site import running_site, wait_until

ROUNDS = int(os.environ.get("SOAK_ROUNDS", "10"))
TICKETS = int(os.environ.get("SOAK_TICKETS", "300"))
KILLS = 4  # in one sync
VICTIMS = ("worker child", "worker", "vectors", "web", "beat", "valkey", "postgres")


@pytest.mark.soak
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the processes in /proc")
def test_first_syncs_end_complete_whatever_is_killed_and_whenever(tmp_path):
    seed = int(os.environ.get("SOAK_SEED", time.time_ns() % 10**6))
    dice, ports = random.Random(seed), []
    sys.stderr.write(f"SOAK_SEED={seed}\n")
    while len(ports) < ROUNDS:
        ports.append(free_port(taken=ports))
    hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
    shell = {"EGRESS_ALLOW_HOSTS": hosts, "POLL_SECONDS": "5", "LOG_FORMAT": "json", "LOG_LEVEL": "INFO"}
    with running_site(tmp_path / "a site", shell=shell) as site:
        for number, port in enumerate(ports):
            with first_sync(site, f"soak{number}", port, tickets=TICKETS, seed=seed + number) as sync:
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
