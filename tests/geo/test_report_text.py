"""The report's sentences: the toy city's figures, worked out by hand, in plain Chinese."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from geo.assessment import Assessment
from geo.coverage import Coverage, coverage
from geo.report_text import findings, percent, tasks, tenths, whole_percents
from geo.standard import Standard
from geo.stations import stations_to_frame
from toy_city import ROWS, TOY, WEEK, assessed, demand

MIDDAY = Standard(week=WEEK, window="T3")
STREETS = {"s1": "一街", "s2": "二街"}


def week(standard: Standard = MIDDAY, basis: str = "modelled") -> Coverage:
    """The whole week's coverage: what is said of the hours."""
    whole = Standard(week=WEEK, minutes=standard.minutes, radius_m=standard.radius_m)
    return coverage(stations_to_frame(TOY), demand(ROWS, basis), whole)


def told(found: Assessment, unit: str = "weight") -> list[str]:
    """Every finding as one text."""
    return [one.head + one.text for one in findings(found, week(found.standard), STREETS, unit)]


def test_sentences_hold_the_toy_citys_figures() -> None:
    # 102 at midday; S1 an hour of A's 14 (4), S2 all of B's 10: 14 covered. C's 20 if unknown hours count.
    share, causes, largest, hours, streets, todo = told(assessed(MIDDAY))
    assert share == (
        "工作日午间八成多需求走不到开着的驿站。共 102 需求权重，步行 15 分钟以内到不了的有 88，"
        "覆盖率 14%；若未核实的开放时间都算开，是 33%。"
    )
    # of 88: nobody near F 16; shut at A 10 and at D and E 42; unknown at C 20
    assert causes == "八成多缺口的附近其实有站。附近没有 18%，有但没开 59%，开着但缺服务 0%，未知 23%。"
    assert largest.startswith("最大的三处缺口：")
    assert "（42）" in largest
    # A, C and D with E hold 10 (or F 16), 20 and 42: 42 + 20 + 16 = 78 of 88
    assert largest.endswith("单位需求权重，合占全部缺口的 89%。")
    assert hours == "午间最难。工作日覆盖率最低的是午间（11:00-14:30）14%，最高的是夜间（21:00-24:00）100%。"
    # s1 holds A, B and C: 14 of 44; s2 none of 58
    assert streets == "街道之间差得多。二街 0%，一街 32%。"
    assert todo.startswith("先做")


def test_weights_are_never_people_and_people_are() -> None:
    modelled = "".join(told(assessed(MIDDAY)))
    assert not re.search(r"\d 人|劳动者", modelled)
    found = assessed(MIDDAY, need=demand(ROWS, "measured"))
    measured = "".join(told(found, "workers"))
    assert "共 102 人" in measured
    assert "劳动者走不到" in measured
    assert "权重" not in measured


def test_a_radius_is_never_called_a_walk() -> None:
    text = "".join(told(assessed(Standard(week=WEEK, window="T3", minutes=None, radius_m=1000))))
    assert "直线 1000 米以内" in text
    assert "步行" not in text


def test_nothing_to_serve_and_nothing_missing() -> None:
    nobody = assessed(Standard(week=WEEK, window="T3", group="driver"))
    assert told(nobody) == ["算不出覆盖率。这个人群在这个时段没有需求。"]
    served = assessed(Standard(week=WEEK, window="T6", group="sanitation"))
    assert told(served)[0].startswith("环卫需求都走得到开着的驿站。")


def test_each_thing_to_do_stands_once_and_gains_fit_the_gap() -> None:
    found = assessed(MIDDAY)
    groups = tasks(found, {"S4": "丁站"}, {"S4": "s2"})
    kinds = [group.kind for group in groups]
    order = ["verify", "extend_hours", "reopen", "repair", "equip", "map_and_sign", "partner", "build"]
    assert kinds == sorted(kinds, key=order.index)
    lines = [task.what for group in groups for task in group.tasks]
    assert len(lines) == len(set(lines))
    # the gaps are D with E, where S4 is shut for now, C, where nobody knows S3's hours, and F; A is none
    assert "丁站：恢复开放" in lines
    assert "S3：打电话核实开放时间" in lines
    assert sum(group.gain for group in groups) <= 88 + 1e-9
    for group in groups:
        gains = [task.gain or 0 for task in group.tasks]
        assert gains == sorted(gains, reverse=True)


@given(st.lists(st.floats(0, 1e6), max_size=6))
def test_whole_percents_add_to_a_hundred(parts: list[float]) -> None:
    assert sum(whole_percents(parts)) == (100 if sum(parts) > 0 else 0)


def test_tenths_are_never_far_off() -> None:
    """The number named lies near the share, on the side the words say."""
    for share in (n / 1000 for n in range(1001)):
        words = tenths(share)
        found = re.fullmatch(r"(约|近|)([一二三四五六七八九])成(多|)", words)
        if found is None:
            fits = {"不到一成": share < 0.1, "约一半": 0.48 < share < 0.52, "全部": share == 1}
            assert fits.get(words, words == "几乎全部" and share >= 0.95), share
            continue
        named = "零一二三四五六七八九".index(found[2]) / 10
        if found[1] == "近":
            assert named - 0.031 < share < named
        elif found[3] == "多":
            assert named <= share < named + 0.075 or (named == 0.9 and share < 0.95), share
        else:
            assert abs(share - named) <= 0.011


def test_percents_of_next_to_nothing() -> None:
    assert percent(0.0) == "0%"
    assert percent(0.0049) == "不到1%"
    assert percent(0.005) == "1%"


def test_the_same_sentences_in_english() -> None:
    found = assessed(MIDDAY)
    told = [f"{one.head} {one.text}" for one in findings(found, week(), STREETS, "weight", "en")]
    assert told[0] == (
        "In the time asked for (weekday midday), over 80% of demand cannot reach an open station. "
        "Of 102 demand weight in all, 88 cannot get there (15-minute walk). In reach: 14%; "
        "33% if all unverified hours counted as open."
    )
    assert told[1].endswith("None near 18%, Near but closed 59%, Open but lacks it 0%, Unknown 23%.")
    assert told[4] == "Streets differ much. 二街 0%, 一街 32%."
    chinese = findings(found, week(), STREETS, "weight")
    assert len(told) == len(chinese)
    for english, one in zip(told, chinese, strict=True):
        # place names stay as they are; the figures are the same ones
        numbers = [re.findall(r"\d[\d,.]*%|\d[\d,]*:\d\d", text) for text in (english, one.text)]
        assert set(numbers[1]) <= set(numbers[0])
    groups = tasks(found, {}, {}, "en")
    assert [group.gain for group in groups] == [group.gain for group in tasks(found, {}, {})]
    words = "".join(group.title + group.deadline for group in groups)
    assert not re.search(r"[\u4e00-\u9fff]", words)
