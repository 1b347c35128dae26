"""What the system tells about a process."""

from pathlib import Path

from counterfoil.lab.serving import Memory, memory_of_status

STATUS = """Name:\tpython
Umask:\t0022
VmPeak:\t  234516 kB
VmHWM:\t   90000 kB
VmRSS:\t   80000 kB
Threads:\t3
"""


def test_resident_memory_is_read_in_megabytes() -> None:
    assert memory_of_status(STATUS) == Memory(now_mb=81.92, highest_mb=92.16)


def test_a_process_that_has_ended_has_no_memory() -> None:
    assert memory_of_status("Name:\tpython\nState:\tZ (zombie)\n") is None


def test_lines_that_are_not_as_expected_are_not_guessed_at() -> None:
    assert memory_of_status("VmRSS:\t\nVmHWM:\tmany kB\n") is None


def test_this_process_has_memory() -> None:
    status = Path("/proc/self/status")
    if status.exists():
        found = memory_of_status(status.read_text())
        assert found is not None
        assert 1 < found.now_mb <= found.highest_mb
