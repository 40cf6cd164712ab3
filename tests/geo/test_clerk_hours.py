"""Clerks' hours: the ways they are written in the press and in tables, and the ones nobody can read."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.clerk_hours import parse_clerk_hours
from geo.opening_hours import OpeningHours

READ = {
    "8:00-12:00,14:30-18:00": "08:00-12:00,14:30-18:00",
    "8:00-12:00；14:30-18:00": "08:00-12:00,14:30-18:00",
    "全天": "24/7",
    "24小时": "24/7",
    "24小时开放": "24/7",
    "全年无休 24小时": "24/7",
    "0:00-24:00": "24/7",
    "周一至周五 9:00—17:30": "Mo-Fr 09:00-17:30",
    "周一至周日9:00-17:00": "Mo-Su 09:00-17:00",
    "星期一到星期五 早上9:00到下午5:00": "Mo-Fr 09:00-17:00",
    "周1至周5 8:00-18:00": "Mo-Fr 08:00-18:00",
    "开放时间：周一至周五：9:00-17:00": "Mo-Fr 09:00-17:00",
    "周一、三、五 8:00-12:00": "Mo,We,Fr 08:00-12:00",
    "周六、周日9:00-16:00": "Sa-Su 09:00-16:00",
    "周一8:00-9:00": "Mo 08:00-09:00",
    "周三八点至九点": "We 08:00-09:00",
    "周一至周五9:00-17:00；周六、日10:00-16:00": "Mo-Fr 09:00-17:00; Sa-Su 10:00-16:00",
    "周一至周五9:00-17:00，节假日休息": "Mo-Fr 09:00-17:00; PH off",
    "周一至周五9:00-17:00（节假日除外）": "Mo-Fr 09:00-17:00; PH off",
    "节假日休息，周一至周五9:00-17:00": "Mo-Fr 09:00-17:00; PH off",
    "周末及节假日9:00-17:00": "Sa-Su,PH 09:00-17:00",
    "8:00-18:00 周一休息": "08:00-18:00; Mo off",
    "上午8:00-12:00 下午2:30-6:00": "08:00-12:00,14:30-18:00",
    "上午8点-下午6点": "08:00-18:00",
    "早8:00-晚8:00": "08:00-20:00",
    "９：００－１７：００": "09:00-17:00",
    "9：00～17：00": "09:00-17:00",
    "8.30-17.30": "08:30-17:30",
    "10:00--20:00": "10:00-20:00",
    "8点半到12点": "08:30-12:00",
    "八点半到十二点": "08:30-12:00",
    "8-12点，14-18点": "08:00-12:00,14:00-18:00",
    "9:00-18:00（午休12:00-14:00）": "09:00-12:00,14:00-18:00",
    "上午 9:00-下午 5:00": "09:00-17:00",
    "全天24小时开放": "24/7",
    "7×24小时": "24/7",
    "7*24": "24/7",
    "22:00-次日6:00": "22:00-06:00",
    "晚上8点-次日早上6点": "20:00-06:00",
    "18:00-2:00": "18:00-02:00",
    "凌晨4点-7点": "04:00-07:00",
    "夏季（5月至10月）8:00-12:00；冬季（11月至次年4月）9:00-12:00": (
        "May-Oct 08:00-12:00; Nov-Apr 09:00-12:00"
    ),
    "5月1日-9月15日8:00-19:00；9月16日-次年4月30日8:30-17:30": (
        "May 01-Sep 15 08:00-19:00; Sep 16-Apr 30 08:30-17:30"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("written", "expected"), READ.items())
def test_read(written: str, expected: str) -> None:
    result = parse_clerk_hours(written)
    assert (result.opening_hours, result.problem) == (expected, None)


@pytest.mark.parametrize(
    ("written", "expected", "words"),
    [
        ("全天", "24/7", ["24 小时"]),
        ("工作日8:30-18:00", "Mo-Fr 08:30-18:00; PH off", ["工作日"]),
        # Whether a holiday counts as weekend isn't said.
        ("工作日8:30-18:00，周末9:00-17:00", "Mo-Fr 08:30-18:00; Sa-Su 09:00-17:00; PH unknown", ["工作日"]),
        ("夏季8:00-19:00，冬季9:00-17:00", "May-Sep 08:00-19:00; Oct-Apr 09:00-17:00", ["5 月至", "10 月至"]),
        ("夏季(6-8月)8:00-20:00，冬季9:00-17:00", "Jun-Aug 08:00-20:00; Sep-May 09:00-17:00", ["其余日期"]),
        # Nobody said what holds in the other months: unknown, not closed.
        ("夏季8:00-20:00", "May-Sep 08:00-20:00; Oct-Apr unknown", ["5 月至 9 月", "未写明"]),
        (
            "夏季8:00-19:00，冬季8:30-17:30，节假日休息",
            "May-Sep 08:00-19:00; Oct-Apr 08:30-17:30; PH off",
            ["5 月", "10 月", "全年"],
        ),
        ("节假日正常开放，8:00-18:00", "08:00-18:00", ["节假日正常开放"]),
    ],
)  # fmt: skip
def test_what_is_assumed_is_said(written: str, expected: str, words: list[str]) -> None:
    result = parse_clerk_hours(written)
    assert result.opening_hours == expected
    said = " ".join(result.assumptions)
    assert all(word in said for word in words), said


@pytest.mark.parametrize("text", [text for text in READ if text not in ("全天",)])
def test_nothing_is_assumed_where_all_is_written(text: str) -> None:
    assert parse_clerk_hours(text).assumptions == ()


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("8:00-5:00", "8:00-5:00"),  # 17:00 or 05:00?
        ("晚上8点-6点", "8点-6点"),
        ("00:00-00:00", "24 hours or closed"),
        ("9-17", "9-17"),
        ("朝九晚五", "朝九晚五"),
        ("按公园开放时间", "按公园"),
        ("春季9:00-17:00", "春季"),
        ("25:00-27:00", "25:00"),
        ("8:00-次日9:00", "longer than a day"),
        ("8:00-12:00,11:00-13:00", "11:00"),
        ("全天8:00-18:00", "overlap"),
        ("周一至周五", "no clock times"),
        ("全年无休", "no clock times"),
        ("8:00-18:00，休息", "which days"),
        ("周六9:00-12:00，每天8:00-18:00", "every day"),
        ("周一至周五8:00-12:00，周五9:00-17:00", "same day"),
        ("周一至周五8:30-18:00，周六9:00-17:00，午休12:00-14:00", "break 12:00-14:00"),
        ("9:00-12:00，午休13:00-14:00", "break 13:00-14:00"),
        ("夏季(5-10月)8:00-20:00，冬季(10-4月)9:00-17:00", "Oct"),
        ("2月30日-5月1日 8:00-9:00", "2月30日"),
        ("13月-14月 8:00-9:00", "13月"),
        ("Mo-Fr 99:00-17:00", "Mo-Fr"),
        ("", "no hours"),
        (None, "no hours"),
        ("   ", "no hours"),
    ],
)
def test_unclear_text_is_a_named_problem_never_a_guess(written: str | None, named: str) -> None:
    result = parse_clerk_hours(written)
    assert result.opening_hours is None
    assert result.problem is not None
    assert named in result.problem


@pytest.mark.parametrize(
    "text", ["24/7", "Mo-Fr 09:00-17:00; PH off", "Mo-Fr 8:00-17:00", "week 1-20 Sa 10:00-12:00", "off"]
)  # fmt: skip
def test_opening_hours_text_passes_through(text: str) -> None:
    assert parse_clerk_hours(text).opening_hours == text


@settings(max_examples=100)
@given(
    st.integers(0, 23 * 60 + 59),
    st.integers(1, 24 * 60),
    st.sampled_from(["-", "—", "～", "至", "到", " － "]),
    st.sampled_from(["{}:{:02}", "{}：{:02}", "{}点{}分", "{:02}:{:02}"]),
)
def test_any_plain_range_opens_and_closes_when_written(start: int, end: int, dash: str, form: str) -> None:
    text = dash.join(form.format(*divmod(minute, 60)) for minute in (start, end))
    result = parse_clerk_hours(text)
    if end <= start:
        # Only an evening start makes a smaller end clear.
        assert (result.problem is None) == (start >= 18 * 60 and end < start), text
        return
    hours = OpeningHours.parse(result.opening_hours)
    midnight = datetime.fromisoformat("2026-11-24")
    assert hours.is_open(midnight + timedelta(minutes=start)) is True
    assert hours.is_open(midnight + timedelta(minutes=end - 1)) is True
    if (start, end) != (0, 1440):
        assert hours.is_open(midnight + timedelta(minutes=(start - 1) % 1440)) is False
        assert hours.is_open(midnight + timedelta(minutes=end % 1440)) is False


SCRAPS = [
    "周",
    "一",
    "日",
    "至",
    "-",
    "8:00",
    "12:00",
    "18点",
    "半",
    "夏季",
    "冬季",
    "5月",
    "9月",
    "31日",
    "2月",
    "(",
    "，",
    "；",
    "休息",
    "节假日",
    "工作日",
    "周末",
    "全天",
    "24小时",
]
SCRAPS += [
    "午休",
    "上午",
    "下午",
    "晚",
    "次日",
    "十",
    "开放",
    "每天",
    ":",
    "13",
    "Mo",
    "24/7",
    "凌晨",
    "中午",
    "0",
    "无休",
    "26:00",
    "\x00",
    '"',
    "١",
    "①",
]


@settings(max_examples=300)
@given(st.lists(st.sampled_from(SCRAPS), min_size=1, max_size=9).map("".join) | st.text(max_size=20))
def test_any_text_is_either_read_or_a_problem(text: str) -> None:
    result = parse_clerk_hours(text)
    assert (result.opening_hours is None) != (result.problem is None)
    if result.opening_hours is not None:
        OpeningHours.parse(result.opening_hours)
