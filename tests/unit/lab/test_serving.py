"""What the system tells about a process."""

from pathlib import Path

from counterfoil.lab.serving import Memory, announced_port, memory_of_status, processor_s_of_stat

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


def test_processor_time_is_read_behind_the_name_whatever_the_name_is() -> None:
    stat = "4711 (a) b (c 9) S 1 4711 4711 0 -1 4194304 900 0 0 0 250 50 0 0 20 0 1 0 100 0 0"

    assert processor_s_of_stat(stat, 100) == 3.0
    assert processor_s_of_stat("", 100) is None
    assert processor_s_of_stat("1 (x) S 1 2 3", 100) is None


def test_the_port_is_the_one_that_the_service_announces() -> None:
    assert announced_port("Counterfoil serves x\nAddress:  http://127.0.0.1:40123  (Adobe") == 40123
    assert announced_port("Counterfoil serves x\n") == 0
