"""Words, columns and order of the service matrix."""

from __future__ import annotations

from geo.bilingual import Sayer

MAIN_COLUMNS: tuple[str, ...] = (
    "water_hot", "microwave", "seat", "toilet", "cooling", "charge_phone", "first_aid",
    "toolbox", "books",
    "fridge", "aed", "nap", "nursing_room",
    "staff_library", "psych", "mediation", "legal", "join_union",
)  # fmt: skip
"""The columns shown at first; all of the catalogue are one press away."""
COLUMN_GROUPS: dict[str, str] = {"staff_library": "union"}
"""Codes that stand under another head than their level's."""
SHORT: dict[str, tuple[str, str]] = {
    "water_hot": ("热水", "Hot water"),
    "microwave": ("热饭", "Micro- wave"),
    "charge_phone": ("手机充电", "Phone charge"),
    "first_aid": ("药箱", "First aid"),
    "toolbox": ("工具箱", "Tools"),
    "books": ("书报", "Books"),
    "fridge": ("冰箱", "Fridge"),
    "aed": ("AED", "AED"),
    "nap": ("午休", "Nap"),
    "nursing_room": ("母婴室", "Nursing room"),
    "staff_library": ("职工书屋", "Staff library"),
    "psych": ("心灵驿站", "Coun- selling"),
    "mediation": ("调解", "Dispute advice"),
    "legal": ("法律咨询", "Legal advice"),
    "join_union": ("入会服务", "Join union"),
}
STATE_RANK = ("open", "partly", "unknown", "closed", "not_serving")
VALUE_RANK = {
    "full": 8.0, "limited": 7.0, "half": 6.0, "nearby": 5.0, "time": 4.0, "shut": 3.0, "broken": 2.0,
    "unknown": 1.0, "no": 0.0,
}  # fmt: skip
"""Best first, when the stations are sorted by a service."""
GAINS = ("broken", "unknown", "no", "time")
"""Kinds of cells that say what putting them right would add."""

MATRIX_TEXTS: dict[str, tuple[str, str]] = {
    "title": ("服务矩阵：哪一站、哪个时段、有什么", "What each station offers, by window"),
    "show": ("街道行", "Street rows"),
    "show_share": ("走得到 %", "In reach %"),
    "show_count": ("能用站数", "Stations"),
    "all_columns": ("全部设施服务", "All services"),
    "main_columns": ("只看主要 18 项", "Main 18 only"),
    "fold_all": ("收起站点", "Hide stations"),
    "unfold_all": ("展开站点", "Show stations"),
    "fold": ("收起{street}的站点", "Hide the stations of {street}"),
    "unfold": ("展开{street}的站点", "Show the stations of {street}"),
    "legend": ("图例", "Legend"),
    "scale": ("街道行＝走得到 %", "Street rows: % in reach"),
    "scale_count": ("街道行＝能用站数，颜色按占本街道站点的比例", "Street rows: stations that have it"),
    "street_station": ("街道 / 站点", "Street / station"),
    "demand_head": ("需求", "Demand"),
    "demand_note": (
        "街道行的需求是本街道的全部需求（{unit}）；站点行是开着时走得到的需求。",
        "Street rows give all demand of the street ({unit}); station rows what is in reach while open.",
    ),
    "stations": ("{n} 站在用", "{n} in service"),
    "count_note": (
        "在用＝正常或试运行：登记的 {total} 站里有 {n} 站；暂停、整改、在建的站只列出，不计入合计。",
        "In service = operating or on trial: {n} of the {total} stations registered; the others are listed, "
        "but not counted in the rows of streets and district.",
    ),
    "table": (
        "服务矩阵，行是街道和站点，列是服务；方向键在格子间移动",
        "Service matrix: rows are streets and stations, columns services; arrow keys move between cells",
    ),
    "sort_by": ("按{what}排序", "Sort by {what}"),
    "area": ("全区", "Whole district"),
    "no_street": ("未注明街道", "No street given"),
    "no_demand_here": ("没有需求", "no demand"),
    "group_basic": ("全国基本服务", "National basics"),
    "group_xian": ("西安八有另列", "Xi'an's own list"),
    "group_extended": ("拓展设施", "Further amenities"),
    "group_union": ("工会服务", "Union services"),
    "state_open": ("全程开", "Open"),
    "state_partly": ("开一部分", "Partly open"),
    "state_closed": ("没开", "Closed"),
    "state_unknown": ("未核实", "Unverified"),
    "state_not_serving": ("未运行", "Out of use"),
    "kind_full": ("有，开着", "has it, open"),
    "kind_half": ("有，只开一部分时间", "has it, open part of the time"),
    "kind_shut": ("有，但这时没开", "has it, but closed then"),
    "kind_time": ("有，开放时间未核实", "has it, hours not verified"),
    "kind_limited": ("有限制", "limited"),
    "kind_nearby": ("附近可用", "nearby"),
    "kind_broken": ("坏了", "broken"),
    "kind_unknown": ("未核实", "not verified"),
    "kind_no": ("没有", "none"),
    "mark_broken": ("✕坏", "✕"),
    "mark_limited": ("限", "lim."),
    "mark_time": ("时间?", "hours?"),
    "mark_metres": ("{n}米", "{n} m"),
    "cell_head": ("{station} · {service}：{what}。", "{station} · {service}: {what}."),
    "cell_hours": (
        "所选时段{state}，确认开放 {share}%。",
        "In the time chosen: {state}, known open {share}%.",
    ),
    "cell_hours_unknown": ("所选时段开放与否未知。", "Whether it is open in the time chosen is unknown."),
    "cell_distance": ("在 {n} 米外。", "{n} m away."),
    "cell_checked": ("{date}核实。", "Checked {date}."),
    "cell_unchecked": ("没有核实日期。", "No date of checking."),
    "cell_source": ("来源：{source}。", "Source: {source}."),
    "cell_broken": ("{date}登记为坏，已 {n} 天。", "Recorded as broken {date}, {n} days ago."),
    "gain_broken": ("修好后多 {n} {unit}走得到。", "Repaired, {n} {unit} more would be in reach."),
    "gain_unknown": ("核实为有，就多 {n} {unit}走得到。", "If it is there, {n} {unit} more are in reach."),
    "gain_no": ("添上后多 {n} {unit}走得到。", "Added, {n} {unit} more would be in reach."),
    "gain_time": ("核实为开着，就多 {n} {unit}走得到。", "If it is open then, {n} {unit} more are in reach."),
    "street_cell": (
        "{street} · {service}：走得到 {share}（{covered} / {demand} {unit}）；{stations} 站中"
        "能用 {available} 站，坏 {broken} 站，未核实 {unknown} 站。",
        "{street} · {service}: in reach {share} ({covered} / {demand} {unit}); of {stations} stations "
        "{available} have it, {broken} broken, {unknown} not verified.",
    ),
    "open_station": ("看这一站", "Open the station"),
    "to_compare": ("加入方案", "Put into a scenario"),
    "close": ("关闭", "Close"),
    "by_station": ("站点矩阵", "By station"),
    "by_street": ("街道矩阵", "By street"),
    "note": (
        "走得到＝走路能到一个开着、有这项服务的驿站的需求占比，逐刻钟计算。坏了、未核实都不算有。",
        "In reach: share of demand that can walk to a station that is open and has the service, quarter-hour "
        "by quarter-hour. Broken and not verified don't count.",
    ),
}
matrix_say = Sayer(MATRIX_TEXTS)
