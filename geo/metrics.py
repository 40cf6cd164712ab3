"""What a metric is: figures with numerator, denominator, unit and the source of their benchmark."""

from __future__ import annotations

from dataclasses import dataclass

from geo.bilingual import Lang

NO_DEMAND = "这个人群在这个时段没有需求，算不出"
NO_STATIONS = "登记表里没有服务中的站点"


_DUST = 1e-12  # what sums of a million parts may err by, relative


def share_of(part: float, whole: float) -> float | None:
    """Return part ÷ whole between 0 and 1; None where the whole is zero: a share cannot be given.

    Sums of the same parts in another order differ in their last digits: that is no share above one, and
    all of it is 1, not 0.9999999999999999.

    >>> share_of(1, 4), share_of(0.1 + 0.2, 0.3), share_of(-1e-17, 1), share_of(0, 0)
    (0.25, 1.0, 0.0, None)
    """
    if whole <= 0:
        return None
    share = part / whole
    if abs(share - round(share)) <= _DUST:
        share = float(round(share))
    return min(max(share, 0.0), 1.0)


REASONS_EN: dict[str, str] = {
    NO_DEMAND: "no demand of this group in this window; no share can be given",
    NO_STATIONS: "the register holds no station in service",
    "没有服务中且有坐标的站点": "no station in service has a location",
    "没有一处需求走得到座位，谈不上均衡": "no demand reaches a seat; nothing to compare",
    "没有街道划分": "no streets to compare",
    "没有载入道路网": "no street network loaded",
    "没有载入用地数据": "no land use loaded",
    "最差的街道一个座位也走不到，比值没有意义": "the worst street reaches no seat; the ratio has no meaning",
    "登记表里没有站点": "the register holds no stations",
    "没有选规则集": "no rule set chosen",
    "登记表没有填写上图情况": "the register does not say which maps list its stations",
    "没有核对过标点误差": "no pin was checked against its place",
    "服务人次没有写明年或月": "visits are given without a year or month",
    "登记表没有带时段的服务人次": "the register holds no visits with a period",
    "登记表没有经费数据": "the register holds no costs",
    "没有可核实的资料": "nothing to confirm",
    "没有保存报错记录": "no reports are kept",
    "还没有收到报错": "no report has come in",
}
"""The reasons of figures that cannot be given, in English."""


@dataclass(frozen=True)
class Benchmark:
    """A published figure to read ours against; ``value`` None where the source names none."""

    value: float | None
    zh: str
    en: str
    source: str


@dataclass(frozen=True)
class Figure:
    """One number. ``value`` is None, with a ``reason``, where the data for it isn't there: never invented.

    ``value`` = numerator ÷ denominator where both are given; ``unit`` is of the value.
    """

    key: str
    zh: str
    en: str
    value: float | None
    unit: str
    numerator: float | None = None
    denominator: float | None = None
    reason: str | None = None

    def reason_in(self, lang: Lang) -> str:
        """Return why there is no number, in words; "" where there is one or nothing is told.

        >>> Figure("cost", "成本", "Cost", None, "yuan", reason=NO_DEMAND).reason_in("en")
        'no demand of this group in this window; no share can be given'
        """
        reason = self.reason or ""
        return REASONS_EN.get(reason, reason) if lang == "en" else reason


@dataclass(frozen=True)
class Metric:
    """One of the thirteen metrics, with its definition and what to compare it with."""

    number: int
    key: str
    zh: str
    en: str
    definition_zh: str
    definition_en: str
    figures: tuple[Figure, ...]
    benchmarks: tuple[Benchmark, ...] = ()

    @property
    def headline(self) -> Figure:
        """The first figure, the one printed large."""
        return self.figures[0]


def share(key: str, zh: str, en: str, numerator: float, denominator: float, *, why_not: str) -> Figure:
    """Return a share figure (0-1); null with ``why_not`` where the denominator is zero.

    >>> share("s", "占比", "share", 1, 4, why_not="no stations").value
    0.25
    >>> share("s", "占比", "share", 0, 0, why_not="no stations").reason
    'no stations'
    """
    part, whole = float(numerator), float(denominator)
    value = share_of(part, whole)
    return Figure(key, zh, en, value, "share", part, whole, why_not if value is None else None)
