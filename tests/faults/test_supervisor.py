"""`manage.py dev` as people use it: started, stopped, killed, started twice, told to run something, begun afresh."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running_site import RunningSite, processes_naming, running_site, wait_until

pytestmark = [
    pytest.mark.verify,
    pytest.mark.alone("site"),
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the processes in /proc"),
]
SLEEPERS = "cd {} && touch ran && sleep 321 & sleep 321; wait"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that is used again and again, so that every start but the first is warm."""
    return tmp_path_factory.mktemp("dev") / "data"


def unlocked(folder: Path) -> bool:
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def refused(folder: Path, *arguments: str) -> str:
    """What a start that must fail at once says."""
    output = Path(tempfile.mkdtemp(dir=folder.parents[1])) / "refused.out"
    site = RunningSite(folder, arguments=("--no-demo", *arguments), output=output)
    assert site.launch().wait(30) == 1
    return site.told().strip()


def launched_with_sleepers(folder: Path) -> RunningSite:
    (folder / "ran").unlink(missing_ok=True)
    site = RunningSite(folder, arguments=("--no-demo", "--run", SLEEPERS.format(folder)))
    site.launch()
    wait_until((folder / "ran").exists, "the command runs")
    return site


def test_nothing_is_left_of_a_killed_supervisor_whenever_it_is_killed_and_the_next_start_works(folder):
    site = RunningSite(folder)
    site.launch()
    wait_until(lambda: "PostgreSQL is up" in site.told(), "it migrates", step=0.01)
    site.kill("supervisor")
    site.process.wait()
    wait_until(lambda: not processes_naming(str(folder)), "nothing is left", 15)
    assert unlocked(folder)
    site = launched_with_sleepers(folder)
    site.kill("supervisor")
    site.process.wait()
    wait_until(lambda: not processes_naming(str(folder)), "nothing is left, the command included", 15)
    assert unlocked(folder)


def test_ctrl_c_stops_everything_and_meanwhile_a_second_start_is_refused(folder):
    with running_site(folder) as site:
        busy = f"A site already runs on {folder}. Stop it, or choose another folder with --data."
        assert refused(folder) == busy
        assert refused(folder, "--reset") == busy
        assert site.number("SELECT 1") == 1
        site.process.send_signal(signal.SIGINT)
        assert site.stop(signal.SIGINT) == 0, "a second Ctrl-C interrupted the stopping"
        assert site.told().rstrip().endswith("stopped")
    assert unlocked(folder)
    log = (folder / "postgres" / "postgres.log").read_text().strip()
    assert log.splitlines()[-1].endswith("database system is shut down")


def test_a_terminal_that_closes_stops_everything(folder):
    with running_site(folder) as site:
        assert site.stop(signal.SIGHUP) == 0


def test_a_stopped_run_stops_its_command_and_all_it_started(folder):
    site = launched_with_sleepers(folder)
    assert site.stop(signal.SIGTERM) == 143
    wait_until(lambda: not processes_naming(str(folder)), "nothing is left", 10)


@pytest.mark.parametrize(("command", "code"), [('test -n "$DATABASE_URL" && exit 7', 7), ("kill -9 $$", 137)])
def test_run_gives_the_commands_own_exit_code(folder, command, code):
    site = RunningSite(folder, arguments=("--no-demo", "--run", command))
    assert site.launch().wait(120) == code
    wait_until(lambda: not processes_naming(str(folder)), "nothing runs", 10)


@pytest.fixture
def port_8000_is_taken() -> Iterator[None]:
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            holder.bind(("127.0.0.1", 8000))
            holder.listen()
        except OSError:
            pass  # somebody else has it: as good
        yield


def test_a_second_start_is_warm_keeps_address_and_data_and_reset_begins_afresh(tmp_path, port_8000_is_taken):
    companies = "SELECT count(*) FROM public.tenancy_company"
    with running_site(tmp_path / "data") as site:
        site.manage("create_company", "kept")
        address, made = site.environment["PUBLIC_URL"], (tmp_path / "data/postgres/initdb.log").stat().st_mtime_ns
        assert not address.endswith(":8000")
        assert urllib.request.urlopen(f"http://127.0.0.1:{address.rpartition(':')[2]}/readyz").status == 200
        assert address in site.told()
    with running_site(tmp_path / "data") as site:
        assert (tmp_path / "data/postgres/initdb.log").stat().st_mtime_ns == made, "the cluster was made again"
        assert site.environment["PUBLIC_URL"] == address
        assert site.number(companies) == 1
    with running_site(tmp_path / "data", arguments=("--no-demo", "--reset")) as site:
        assert site.number(companies) == 0


def test_reset_leaves_strange_folders_alone(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    assert "does not look like a data folder" in refused(tmp_path / "mine", "--reset")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    told = refused(tmp_path / "file" / "data")
    assert told.startswith(f"The data folder {tmp_path}/file/data cannot be used: ")
    assert "\n" not in told


def test_what_fails_while_starting_is_told_with_the_end_of_its_log(tmp_path):
    (tmp_path / "data" / "valkey").mkdir(parents=True)
    (tmp_path / "data" / "valkey" / "appendonlydir").write_text("a file where a folder should be")
    told = refused(tmp_path / "data")
    assert "Valkey did not start:" in told
    assert "appendonlydir" in told
    assert "Traceback" not in told


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can take the network away")
def test_the_demo_works_without_any_network(tmp_path):
    alone = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
    if subprocess.run([*alone, "true"], capture_output=True).returncode:
        pytest.skip("this machine lets nobody make a network of his own")
    look = f"'{sys.executable}' -m tests.faults.first_brief"
    site = RunningSite(tmp_path / "data", arguments=("--run", look), prefix=alone)
    assert site.launch().wait(180) == 0, site.told()
    assert "first brief of acme" in site.told()
