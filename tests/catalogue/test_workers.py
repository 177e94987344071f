from __future__ import annotations

import gc
import os
import pickle
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.catalogue.queue import CHUNK_BYTES, WAITING, Queue
from mediaoptout.catalogue.worker import CHUNK_JOBS
from mediaoptout.catalogue.workers import Interrupted, Outcome, run
from mediaoptout.errors import ErrorInfo, MediaoptoutError, RefusedError

ROOT = Path(__file__).resolve().parents[2]
BOTH = pytest.mark.parametrize("processes", [1, 2, 3])


def square(number: int) -> int:
    return number * number


def fussy(number: int) -> int:
    if number % 5 == 0:
        raise RefusedError("not this one", at=number, fix="leave it out", code="credential-present")
    if number % 7 == 0:
        raise ZeroDivisionError("seven")
    return number


def deadly(number: int) -> int:
    if number % 50 == 17:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def leaving(number: int) -> int:
    if number == 3:
        raise SystemExit(9)
    return number


def unpicklable(number: int) -> object:
    return (lambda: number) if number % 2 else number


class Trap:
    """Can be pickled, but not back."""

    def __reduce__(self) -> tuple[object, ...]:
        return int, ("no number",)


def trapping(number: int) -> object:
    return Trap() if number == 1 else number


class Sealed:
    """A job that cannot be pickled."""

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("sealed")


def whatever(_job: object) -> int:
    return 1


PREPARED: list[int] = []


def prepare() -> None:
    PREPARED.append(os.getpid())


def prepared(_job: int) -> tuple[list[int], int]:
    return PREPARED, os.getpid()


def unprepared() -> None:
    raise RefusedError("no identity here")


def dying_start() -> None:
    os._exit(4)


def slow(job: tuple[Path, float]) -> int:
    """Say when it begins and ends, in one file for all processes."""
    log, seconds = job
    note(log, f"{os.getpid()} + {time.monotonic_ns()}")
    time.sleep(seconds)
    note(log, f"{os.getpid()} - {time.monotonic_ns()}")
    return os.getpid()


def note(log: Path, line: str) -> None:
    with log.open("a") as stream:
        stream.write(line + "\n")


def notes(log: Path) -> list[list[str]]:
    return [line.split() for line in log.read_text().splitlines()] if log.exists() else []


def wait_for(condition, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


def errors(outcomes: list[Outcome]) -> dict[object, str]:
    return {each.job: each.error.code for each in outcomes if each.error is not None}


@BOTH
def test_every_job_has_one_outcome(processes):
    outcomes = list(run(square, range(1000), processes=processes))
    assert Counter(each.job for each in outcomes) == Counter(range(1000))
    assert all(each.result == each.job**2 and each.error is None for each in outcomes)


@BOTH
def test_no_jobs(processes):
    assert list(run(square, [], processes=processes)) == []


@BOTH
def test_an_error_is_the_jobs_own(processes):
    outcomes = {each.job: each for each in run(fussy, range(1, 100), processes=processes)}
    assert len(outcomes) == 99
    refused = outcomes[5].error
    assert refused is not None
    assert (refused.code, refused.at, refused.fix) == (
        "credential-present",
        "offset 5",
        "leave it out",
    )
    unexpected = outcomes[7].error
    assert unexpected is not None
    assert unexpected.code == "unexpected"
    assert "ZeroDivisionError: seven" in unexpected.message
    assert "test_workers.py" in unexpected.message
    assert all(each.error is None for job, each in outcomes.items() if job % 5 and job % 7)


def test_a_worker_that_dies_costs_the_job_in_its_hand():
    outcomes = list(run(deadly, range(300), processes=3))
    assert Counter(each.job for each in outcomes) == Counter(range(300))
    assert errors(outcomes) == dict.fromkeys(range(17, 300, 50), "worker-died")
    died = next(each.error for each in outcomes if each.error is not None)
    assert "signal 9" in died.message


def test_a_worker_that_leaves_is_replaced():
    outcomes = list(run(leaving, range(200), processes=2))
    assert errors(outcomes) == {3: "worker-died"}
    assert len(outcomes) == 200


def test_a_worker_killed_from_outside(tmp_path):
    log = tmp_path / "log"
    killed = set()
    outcomes = []
    for outcome in run(slow, [(log, 0.02)] * 60, processes=2):
        outcomes.append(outcome)
        if outcome.result and len(outcomes) in (10, 30):
            os.kill(outcome.result, signal.SIGKILL)
            killed.add(outcome.result)
    assert len(outcomes) == 60
    failed = [each.error.code for each in outcomes if each.error is not None]
    assert len(failed) <= len(killed) == 2
    assert set(failed) <= {"worker-died"}


@BOTH
def test_results_that_cannot_be_sent(processes):
    outcomes = list(run(unpicklable, range(10), processes=processes))
    expected = {} if processes == 1 else dict.fromkeys(range(1, 10, 2), "unexpected")
    assert errors(outcomes) == expected
    assert len(outcomes) == 10


def test_results_that_cannot_be_received():
    outcomes = list(run(trapping, range(10), processes=2))
    assert errors(outcomes) == {1: "unexpected"}
    assert len(outcomes) == 10


def test_jobs_that_cannot_be_sent():
    jobs = [Sealed(), 1, Sealed(), Sealed(), 2]
    outcomes = list(run(whatever, jobs, processes=2))
    assert len(outcomes) == 5
    assert sum(each.error is not None for each in outcomes) == 3
    assert len(list(run(whatever, [Sealed()] * 100, processes=2))) == 100


def test_large_jobs_and_results_do_not_block_each_other():
    jobs = [bytes([index]) * 600_000 for index in range(60)]
    outcomes = list(run(bytes.upper, jobs, processes=2))
    assert sorted(each.result for each in outcomes if each.result) == sorted(
        job.upper() for job in jobs
    )


def test_each_process_is_prepared_once():
    for processes in (1, 3):
        PREPARED.clear()
        results = [
            each.result
            for each in run(prepared, range(200), processes=processes, initialise=prepare)
        ]
        assert all(result == ([result[1]], result[1]) for result in results if result)
        assert all(results)


def test_what_cannot_be_prepared_ends_the_run():
    with pytest.raises(RefusedError, match="no identity"):
        list(run(square, range(9), processes=1, initialise=unprepared))
    with pytest.raises(MediaoptoutError, match="no identity") as caught:
        list(run(square, range(9), processes=2, initialise=unprepared))
    assert caught.value.code == "no-workers"


def test_workers_that_die_at_their_start_end_the_run():
    with pytest.raises(MediaoptoutError, match="exit code 4"):
        list(run(square, range(9), processes=2, initialise=dying_start))


@BOTH
def test_jobs_are_drawn_as_there_is_room(processes):
    drawn = 0

    def jobs() -> Iterator[int]:
        nonlocal drawn
        for number in range(100_000):
            drawn += 1
            yield number

    outcomes = run(square, jobs(), processes=processes)
    for _ in range(500):
        next(outcomes)
    assert 500 <= drawn <= 500 + processes * CHUNK_JOBS + WAITING
    outcomes.close()


def test_leaving_early_finishes_what_is_in_hand(tmp_path):
    log = tmp_path / "log"
    for _ in run(slow, [(log, 0.05)] * 40, processes=2):
        break
    gc.collect()
    before = notes(log)
    assert sum(line[1] == "+" for line in before) == sum(line[1] == "-" for line in before)
    time.sleep(0.2)
    assert notes(log) == before


def where(_job: int) -> int:
    time.sleep(0.01)
    return os.getpid()


def test_what_is_done_soon_is_done_here():
    assert {each.result for each in run(where, range(40), processes=3, here=60)} == {os.getpid()}


def test_what_is_not_done_soon_goes_to_others():
    results = [each.result for each in run(where, range(300), processes=2, here=0.05)]
    assert len(results) == 300
    assert os.getpid() in results
    assert len(set(results)) > 1
    assert results.index(os.getpid()) == 0


def test_what_would_leave_the_process_fails_alone_here():
    outcomes = list(run(leaving, range(9), processes=1))
    assert errors(outcomes) == {3: "unexpected"}


def test_a_few_that_are_dear_are_done_at_once_here(tmp_path):
    log = tmp_path / "log"
    jobs = [(log, 0.02, CHUNK_BYTES + 1)] * 6 + [(log, 0.02, 0)] * 60
    assert len(list(run(weigh, jobs, processes=2, here=60, cost=sizes))) == 66
    dear = most = 0
    for _, size in sorted((int(at), int(size)) for at, size in notes(log)):
        dear += (size > 0) - (size < 0)
        most = max(most, dear)
    assert most == 2


def sizes(job: tuple[Path, float, int]) -> int:
    return job[2]


def weigh(job: tuple[Path, float, int]) -> int:
    log, seconds, size = job
    note(log, f"{time.monotonic_ns()} {size}")
    time.sleep(seconds)
    note(log, f"{time.monotonic_ns()} {-size}")
    return size


def test_the_memory_bound_holds(tmp_path):
    log = tmp_path / "log"
    budget = 100
    weights = [60, 60, 10, 10, 30, 60, 250, 20, 1, 0, 99, 100, 101, 40, 60, 5, 5, 5, 90, 10]
    jobs = [(log, 0.01, weight) for weight in weights * 3]
    outcomes = list(run(weigh, jobs, processes=4, memory=budget, cost=sizes))
    assert sorted(each.result or 0 for each in outcomes) == sorted(weights * 3)
    held: list[int] = []
    together = 0
    for _, change in sorted((int(at), int(size)) for at, size in notes(log)):
        if change > 0:
            held.append(change)
            together = max(together, len(held))
            assert sum(held) <= budget or held == [change]
        elif change < 0:
            held.remove(-change)
    assert together > 1


def test_a_cost_that_cannot_be_known_is_the_works_business(tmp_path):
    gone = tmp_path / "gone"
    outcomes = list(
        run(Path.read_bytes, [gone], processes=2, memory=10, cost=lambda path: path.stat().st_size)
    )
    assert errors(outcomes) == {gone: "unexpected"}


@given(
    costs=st.lists(st.integers(0, 3 * CHUNK_BYTES)),
    memory=st.none() | st.integers(0, 2 * CHUNK_BYTES),
    count=st.integers(1, 9),
)
def test_the_queue_gives_out_every_job_once_within_the_memory(costs, memory, count):
    queue = Queue(range(len(costs)), costs.__getitem__)
    hands: list[list[tuple[int, int]]] = []
    done = []
    while True:
        held = sum(cost for hand in hands for _, cost in hand)
        room = None if memory is None else memory - held
        if len(hands) < 3 and (chunk := queue.take(count, room, idle=not hands)):
            total = sum(cost for _, cost in chunk)
            assert len(chunk) <= count
            assert total <= CHUNK_BYTES or len(chunk) == 1
            assert room is None or total <= room or (not hands and len(chunk) == 1)
            hands.append(chunk)
        elif hands:
            done.extend(hands.pop(0))
        else:
            break
    assert sorted(job for job, _ in done) == list(range(len(costs)))
    assert queue.left == 0


def test_a_dear_job_is_not_overtaken_for_ever():
    queue = Queue(iter([50, *[1] * 10_000]), int)
    first = queue.take(1, 60, idle=True)
    assert first == [(50, 50)]
    queue.put_back(first)
    overtaking = 0
    while queue.take(1, 40, idle=False):
        overtaking += 1
    assert overtaking == WAITING
    assert queue.take(1, 60, idle=False) == first


def test_what_is_left_is_known_where_the_jobs_have_a_length():
    assert Interrupted(3).left == 3
    assert "3" in str(Interrupted(3))
    assert pickle.loads(pickle.dumps(Interrupted(None))).left is None
    queue = Queue(iter([1, 2]), None)
    assert queue.left is None


# What follows is seen from outside: a run in a process of its own, which is sent signals.


def batch(log: str, count: int, seconds: float, processes: int, *, unsized: bool = False) -> None:
    """Go through jobs that each take a while, and say what came of it."""
    done = 0
    jobs = [(Path(log), seconds)] * count
    print("begun", flush=True)
    try:
        for outcome in run(
            slow,
            iter(jobs) if unsized else jobs,
            processes=processes,
            on_interrupt=lambda: print("finishing", flush=True),
        ):
            done += outcome.error is None
            print("done", flush=True)
    except Interrupted as stopped:
        print("left", stopped.left, "done", done, flush=True)
    except KeyboardInterrupt:
        print("at once", flush=True)
    else:
        print("all", done, flush=True)


def started(log: Path, count: int, seconds: float, processes: int, **more: bool):
    call = f"test_workers.batch({str(log)!r}, {count}, {seconds}, {processes}, **{more!r})"
    return subprocess.Popen(
        [sys.executable, "-c", f"from tests.catalogue import test_workers; {call}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )


def group_is_gone(group: int) -> bool:
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[2] == str(group) and fields[0] != "Z":
            return False
    return True


@BOTH
def test_ctrl_c_finishes_what_is_in_hand(tmp_path, processes):
    log = tmp_path / "log"
    child = started(log, 100, 0.2, processes)
    wait_for(lambda: len(notes(log)) >= processes + 2)
    os.killpg(child.pid, signal.SIGINT)
    out, err = child.communicate(timeout=30)
    assert err == ""
    begun = sum(line[1] == "+" for line in notes(log))
    finished = sum(line[1] == "-" for line in notes(log))
    assert begun == finished == out.split().count("done") - 1
    assert out.splitlines().count("finishing") == 1
    assert out.splitlines()[-1] == f"left {100 - begun} done {begun}"
    assert begun < 100
    wait_for(lambda: group_is_gone(child.pid))


def test_ctrl_c_drops_the_rest_of_a_chunk(tmp_path):
    log = tmp_path / "log"
    child = started(log, 3000, 0.001, 2, unsized=True)
    wait_for(lambda: len(notes(log)) >= 600)
    os.killpg(child.pid, signal.SIGINT)
    out, err = child.communicate(timeout=30)
    assert err == ""
    begun = sum(line[1] == "+" for line in notes(log))
    assert out.splitlines()[-1] == f"left None done {begun}"
    assert begun < 3000


@BOTH
def test_a_second_ctrl_c_stops_at_once(tmp_path, processes):
    log = tmp_path / "log"
    child = started(log, 10, 60, processes)
    wait_for(lambda: len(notes(log)) >= processes)
    os.killpg(child.pid, signal.SIGINT)
    assert child.stdout is not None
    assert [child.stdout.readline() for _ in range(2)] == ["begun\n", "finishing\n"]
    os.killpg(child.pid, signal.SIGINT)
    out, err = child.communicate(timeout=30)
    assert err == ""
    assert out == "at once\n"
    wait_for(lambda: group_is_gone(child.pid))


def test_ctrl_c_while_the_workers_start(tmp_path):
    for pause in (0.0, 0.01, 0.02, 0.04, 0.08):
        child = started(tmp_path / "log", 10_000, 0.01, 2)
        assert child.stdout is not None
        assert child.stdout.readline() == "begun\n"
        time.sleep(0.005 + pause)
        os.killpg(child.pid, signal.SIGINT)
        out, err = child.communicate(timeout=30)
        assert err == ""
        assert out.splitlines()[-1].startswith("left ")


def test_workers_start_where_no_server_can(tmp_path, monkeypatch):
    folder = tmp_path / ("long" * 40)  # a name that no socket can have
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    out, err = started(tmp_path / "log", 50, 0.001, 2).communicate(timeout=60)
    assert err == ""
    assert out.splitlines()[-1] == "all 50"


def test_workers_end_with_a_parent_that_is_killed(tmp_path):
    log = tmp_path / "log"
    child = started(log, 10_000, 0.05, 3)
    wait_for(lambda: len(notes(log)) >= 30)
    child.kill()
    child.communicate()
    wait_for(lambda: group_is_gone(child.pid))
    lines = notes(log)
    assert sum(line[1] == "+" for line in lines) == sum(line[1] == "-" for line in lines)


def test_the_whole_group_is_killed_and_run_again(tmp_path):
    log = tmp_path / "log"
    child = started(log, 50, 0.05, 2)
    wait_for(lambda: len(notes(log)) >= 10)
    os.killpg(child.pid, signal.SIGKILL)
    child.communicate()
    wait_for(lambda: group_is_gone(child.pid))
    out, _ = started(log, 50, 0.001, 2).communicate(timeout=60)
    assert out.splitlines()[-1] == "all 50"


def asked(name: str) -> str | None:
    return os.environ.get(name)


def test_workers_have_the_environment_of_now(monkeypatch):
    for value in ("first", "second"):
        monkeypatch.setenv("MEDIAOPTOUT_TEST", value)
        found = {each.result for each in run(asked, ["MEDIAOPTOUT_TEST"] * 20, processes=2)}
        assert found == {value}


def together(results: Sequence[int]) -> list[int | ErrorInfo]:
    """Of even numbers their half; odd ones fail, each for itself."""
    return [each // 2 if each % 2 == 0 else ErrorInfo("odd", f"{each} is odd") for each in results]


@BOTH
def test_what_ends_a_chunk_has_an_answer_for_each(processes):
    outcomes = {
        each.job: each for each in run(fussy, range(200), processes=processes, together=together)
    }
    assert len(outcomes) == 200
    for job, each in outcomes.items():
        if job % 5 == 0 or job % 7 == 0:
            assert each.error is not None
            assert each.error.code != "odd"
        elif job % 2:
            assert each.error == ErrorInfo("odd", f"{job} is odd")
        else:
            assert each.result == job // 2


def not_together(_results: Sequence[int]) -> list[int | ErrorInfo]:
    raise OSError("the disk is gone")


@BOTH
def test_a_chunk_that_cannot_be_ended_fails_whole(processes):
    outcomes = list(run(square, range(50), processes=processes, together=not_together))
    assert len(outcomes) == 50
    assert all(
        each.error is not None and "the disk is gone" in each.error.message for each in outcomes
    )


def test_throughput_of_tiny_jobs(capsys):
    count = 20_000
    began = time.perf_counter()
    assert sum(1 for _ in run(square, range(count), processes=2)) == count
    with capsys.disabled():
        rate = count / (time.perf_counter() - began)
        print(f" [{rate:,.0f} tiny jobs a second, starting two workers included]", end="")
