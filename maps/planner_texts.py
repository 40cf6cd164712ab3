"""Words of the planner's pages in Chinese and English, by key. While demand is modelled it is never 人."""

from __future__ import annotations

import math

from geo.bilingual import Lang, Sayer

PLANNER_TEXTS: dict[str, tuple[str, str]] = {
    # frame
    "title": ("服务矩阵总览", "Planner"),
    "brand": ("灞桥区工会爱心驿站", "Baqiao care stations"),
    "brand_short": ("服务矩阵", "Service matrix"),
    "tabs": ("规划页面", "Planner's pages"),
    "tab_overview": ("总览", "Overview"),
    "tab_matrix": ("服务矩阵", "Matrix"),
    "tab_compare": ("方案比较", "Compare"),
    "tab_report": ("报告", "Report"),
    "tab_data": ("数据下载", "Data"),
    "register": ("登记表 {date} · {n} 站", "Register {date} · {n} stations"),
    "skip": ("跳到覆盖率", "Skip to the share"),
    "switches": ("条件", "Settings"),
    "show": ("看", "Show"),
    "copy": ("复制链接", "Copy link"),
    "copied": ("已复制", "Copied"),
    # switches
    "reach": ("步行", "Walk"),
    "minutes": ("{n}分", "{n} min"),
    "radius": ("1公里半径", "1 km radius"),
    "service": ("服务", "Service"),
    "any_service": ("任一服务", "Any"),
    "window": ("时段", "Hours"),
    "all_day": ("全天", "All day"),
    "day": ("日子", "Days"),
    "all_week": ("全周", "Week"),
    "weekday": ("工作日", "Weekdays"),
    "weekend": ("周末", "Weekend"),
    "group": ("人群", "Group"),
    "all_groups": ("全部六类", "All six"),
    "basis": ("需求", "Demand"),
    "modelled": ("模型估算", "Modelled"),
    "measured": ("实测", "Measured"),
    "no_measured": ("还没有导入实测数据", "No counts have been imported"),
    # windows
    "T1": ("清晨", "Dawn"),
    "T2": ("上午", "A.m."),
    "T3": ("午间", "Noon"),
    "T4": ("下午", "P.m."),
    "T5": ("傍晚", "Eve"),
    "T6": ("夜间", "Night"),
    "T7": ("凌晨", "Late"),
    # units
    "unit_weight": ("需求权重", "demand weight"),
    "unit_weight_hours": ("权重·小时", "weight-hours"),
    "unit_workers": ("人", "workers"),
    "unit_worker_hours": ("人时", "worker-hours"),
    "min": ("{n} 分钟", "{n} min"),
    # headline
    "headline": ("{n}分钟步行覆盖率", "Share within a {n}-minute walk"),
    "headline_radius": ("1公里半径覆盖率", "Share within a radius of 1 km"),
    "weighed": ("按{unit}加权 · {when} · {what}", "weighed by {unit} · {when} · {what}"),
    "every_service": ("开着就算", "open is enough"),
    "has": ("有{what}", "with {what}"),
    "reached": ("{a} 走得到 / 共 {b} {unit}", "{a} in reach / {b} {unit}"),
    "if_open": ("若未核实的都算开：", "If unverified hours counted as open: "),
    "bar_label": (
        "覆盖 {share}%，若未核实的都算开 {most}%",
        "{share}% covered, {most}% if unverified hours counted",
    ),
    "target": (
        "目标由本区设定；公开报道只写“15分钟服务圈”，未见比例",
        "The district sets the target; published reports name the 15-minute circle, no share was found",
    ),
    "target_set": ("本区目标", "Target"),
    "target_do": ("设定", "Set"),
    "target_word": ("本区目标 {n}%", "target {n}%"),
    "target_line": ("目标", "target"),
    "definition": (
        "当时走 {n} 分钟以内能到一个开着、有所选服务的驿站的{unit}，占全部在岗{unit}的比例。逐刻钟计算。",
        "Share of all {unit} on duty that, quarter-hour by quarter-hour, can walk within {n} minutes to a "
        "station that is open and has the chosen service.",
    ),
    "definition_radius": (
        "直线 1 公里内有一个开着、有所选服务的驿站的{unit}占比，逐刻钟计算。是另一口径，不可与步行混用。",
        "Share of {unit} with an open station with the chosen service within 1 km in a straight line. "
        "A different measure from walking.",
    ),
    "what_is": ("这个数怎么算", "How?"),
    "fig_day": ("全天 24 小时", "All 24 hours"),
    "fig_twice": ("交叉覆盖 ≥2 站", "Two or more stations"),
    "fig_radius": ("1 公里半径", "1 km radius"),
    "fig_walk": ("15 分钟步行", "15-minute walk"),
    "other_measure": ("另一口径，不可混用", "a different measure"),
    "model_note": (
        "需求为模型估算，不是统计数。导入实测后，本页自动改用实测。",
        "Demand is modelled, not counted. Import counts and this page uses them.",
    ),
    # clock
    "clock": ("一天里，什么时候走得到", "When in the day is help in reach"),
    "clock_hint": ("点时段可切换", "Pick the hours"),
    "clock_weekend": ("周末", "Weekend"),
    "clock_maybe": ("若未核实算开", "If unverified"),
    "clock_duty": ("在岗{unit}", "{unit} on duty"),
    "clock_end": ("4时", "4"),
    "clock_bar": (
        "{name} {clock}：工作日 {a}，若未核实算开 {b}，周末 {c}",
        "{name} {clock}: weekdays {a}, {b} if unverified, weekend {c}",
    ),
    # causes
    "causes": ("走不到的 {n} {unit}，缺在哪", "What the {n} unserved {unit} lack"),
    "causes_none": ("所选条件下都走得到", "Everything is in reach under these settings"),
    "cause_nothing_near": ("附近没有", "None near"),
    "cause_closed": ("有但没开", "Near but closed"),
    "cause_lacks_service": ("开着但缺服务", "Open but lacks it"),
    "cause_unknown": ("未知", "Unknown"),
    "plain_definition": (
        "交叉覆盖：同一刻钟走得到两个以上开着的站，同一地点的站只算一个。"
        "1 公里半径：直线 1 公里内有开着的站，不算路；夜间和全天与大数同一口径。",
        "Two or more stations: open in reach in the same quarter-hour, those at one place counted once. "
        "1 km radius: an open station within 1 km in a straight line. Night and the whole day are measured "
        "as the large figure.",
    ),
    "clock_definition": (
        "柱高＝该时段走得到的占比，逐刻钟平均；横线后的数是未核实的都算开时的占比。"
        "黑线是周末；轴下灰柱是在岗{unit}，越长越多。",
        "Height: the share in reach in that window, quarter-hour by quarter-hour; the number after the dash "
        "is the share if unverified hours counted as open. Black line: weekend. Grey, below: {unit} on duty.",
    ),
    "gaps_definition": (
        "未服务{unit}＝走不到的需求 × 时段小时数。缺口是装下全部未服务量八成的最少的格子，"
        "每格至少一半走不到；同一街道相邻的连成一处，一处最多 12 格。",
        "Unserved {unit}: demand out of reach × hours of the window. Gaps are the fewest cells that hold "
        "four fifths of it, each at least half out of reach; neighbours in one street make one gap of "
        "at most 12 cells.",
    ),
    "causes_definition": (
        "每格每刻钟走不到时，按顺序取第一个成立的原因：未知（核实后可能走得到）、开着但缺所选服务、"
        "附近有但没开、附近没有。",
        "For each cell and quarter-hour out of reach the first that holds: unknown, open but lacks the "
        "service, near but closed, none near.",
    ),
    "repairable": (
        "其中 {n}% 不在“附近没有”，不用新建也可能补上。",
        "{n}% of it is not for want of a station nearby: it may need no new one.",
    ),
    # gaps
    "gaps": ("缺口排名", "Gaps"),
    "gaps_unit": ("未服务{unit}（{when}）", "unserved {unit} ({when})"),
    "around": ("{place}一带", "Around {place}"),
    "no_place": ("{street}的一处", "In {street}"),
    "nearest": ("最近 {n} 分", "nearest {n} min"),
    "all_gaps": ("全部 {n} 处", "All {n}"),
    "first_gaps": ("前 {n} 处（共 {total} 处，全部见文件）", "First {n} of {total}; all are in the files"),
    "download": ("下载", "Download"),
    "no_gap": (
        "按当前条件没有缺口。试试 10 分钟，或换一个时段。",
        "No gap under these settings. Try 10 minutes or another window.",
    ),
    "action_verify": ("先打电话核实 {where}{what}", "Verify {where}{what} by phone"),
    "action_extend_hours": ("{where} {what}延长开放", "Longer hours at {where}: {what}"),
    "action_reopen": ("恢复开放 {where}", "Reopen {where}"),
    "action_repair": ("{where} 修好{what}", "Repair {what} at {where}"),
    "action_equip": ("{where} 添{what}", "Add {what} at {where}"),
    "action_map_and_sign": ("{where} 上图挂牌", "Put {where} on maps and sign it"),
    "action_partner": ("{where} 附近找一处合作点", "Find a partner site near {where}"),
    "action_build": ("选址新建一站", "Find a site for a new station"),
    "hours_word": ("开放时间", " hours"),
    # one gap
    "gap_back": ("回到总览", "Back to the overview"),
    "gap_place": ("地方", "Place"),
    "gap_cause": ("主要原因", "Main cause"),
    "gap_group": ("人群", "Groups"),
    "gap_more": ("详情", "Details"),
    "km2": ("{n} 平方公里", "{n} km²"),
    "km_word": ("公里", "km"),
    "north": ("北", "N"),
    "gap_unserved": ("未服务{unit}", "unserved {unit}"),
    "gap_hours": (" × {h} 小时＝{n} {unit}", " × {h} h = {n} {unit}"),
    "gap_model": ("（模型）", " (modelled)"),
    "gap_map": ("{name}的小图", "Map of {name}"),
    "gap_who": ("谁走不到（{unit}）", "Who is out of reach ({unit})"),
    "gap_when": ("什么时候最缺（{unit}）", "When it is worst ({unit})"),
    "gap_nearest": ("最近一站：", "Nearest station: "),
    "gap_walk": ("，步行 {n} 分（估算），{m} 米", ", {n} min on foot (estimated), {m} m"),
    "gap_open": ("登记的时间：{hours}", "Hours as given: {hours}"),
    "gap_confirmed": ("（{date}核实）", " (confirmed {date})"),
    "gap_unconfirmed": ("（没有核实日期）", " (no date of confirmation)"),
    "gap_no_hours": ("开放时间未核实", "Hours not confirmed"),
    "gap_no_station": ("没有一站在服务。", "No station serves."),
    "facts_survey": ("来源：实地调查", "source: survey"),
    "facts_source": ("来源：公开资料", "source: published"),
    "facts_illustrative": ("来源：示例资料", "source: sample facts"),
    "step_first": ("先做这一件", "First"),
    "step_then": ("再做", "Then"),
    "step_last": ("最后才是", "Only then"),
    "step_gain": ("最多可补 {n} {unit}", "at most {n} {unit}"),
    "gap_gains": (
        "每件补的是不同原因的缺口，按顺序做，不重复计人。",
        "Each answers another cause: done in order, nobody is counted twice.",
    ),
    "gap_add": ("加入方案", "Add to scenario"),
    "gap_adds": ("加入的是：{what}", "Adds: {what}"),
    "gap_on_map": ("在地图上看", "On the map"),
    "gap_file": ("下载这一处", "Download this one"),
    # map
    "layer_coverage": ("覆盖", "Coverage"),
    "layer_cause": ("缺口原因", "Why not"),
    "layer_minutes": ("步行分钟", "Minutes"),
    "layer_demand": ("需求", "Demand"),
    "layer_difference": ("差异", "Difference"),
    "layer_plan": ("方案的改动", "The scenario's changes"),
    "plan_unit": ("处", "places"),
    "plan_name": ("方案", "scenario"),
    "plan_line": (
        "差异 B − A：{a} → {b}（{what}）",
        "B − A: {a} → {b} ({what})",
    ),
    "plan_changes": ("{name}，{n} 项改动", "{name}, {n} changes"),
    "plan_version": ("登记表第 {n} 版", "version {n} of the register"),
    "plan_now": ("现状", "the register now"),
    "plan_failed": ("方案没有显示：{why}", "The scenario is not shown: {why}"),
    "plan_ext": ("改时间：{what}", "hours: {what}"),
    "plan_equip": ("补：{what}", "adds: {what}"),
    "plan_new": ("新站：{what}", "new site: {what}"),
    "plan_shut": ("撤并{what}", "closed{what}"),
    "plan_before": ("原来：{hours}", "before: {hours}"),
    "class_gained": ("新走得到（全程）", "Newly in reach, all of the time"),
    "class_more": ("多了一部分时段", "In reach more of the time"),
    "class_same": ("和原来一样", "As before"),
    "class_still": ("仍然走不到", "Still out of reach"),
    "class_worse": ("变差", "Worse"),
    "cell_change": ("A {a}% → B {b}%", "A {a}% → B {b}%"),
    "layer_gaps": ("缺口区 1–{n}", "Gaps 1–{n}"),
    "layer_service": ("站点状态", "Stations"),
    "layer_verdict": ("站点达标", "Compliance"),
    "layer_zones": ("{n} 分钟服务圈", "{n}-minute zone"),
    "layer_zones_radius": ("1 公里半径圈", "1 km circles"),
    "stations_unit": ("站", "stations"),
    "class_two": ("两站以上可到", "Two or more in reach"),
    "class_one": ("一站可到", "One in reach"),
    "class_part": ("只有部分时段", "Part of the time"),
    "class_none": ("没有服务", "None"),
    "class_unsure": ("时间未核实", "Hours not confirmed"),
    "class_mostly": ("多半时间走得到", "In reach at least half the time"),
    "half_note": ("全天：过半时间走得到算“可到”", "All day: in reach means at least half of the time"),
    "minutes_note": ("到最近服务站点，不看开门时间", "to the nearest serving station, whatever its hours"),
    "small_note": ("缩小到格子看不清时，不分大小", "Cells too small on the screen have one size"),
    "sizes_note": (
        "格子大小：{sizes}；没有需求的格子不画",
        "Cell size: {sizes}; cells without demand are not drawn",
    ),
    "service_full": ("全程开", "Open throughout"),
    "service_partly": ("开一部分", "Open in part"),
    "service_lacks": ("开着，缺所选服务", "Open, lacks the service"),
    "service_shut": ("没开", "Closed"),
    "service_unsure": ("未核实", "Not confirmed"),
    "service_off": ("暂停、整改或在建", "Out of service"),
    "verdict_pass": ("达标", "Meets the rules"),
    "verdict_fail": ("不达标", "Does not"),
    "verdict_unjudged": ("判断不了（资料未知）", "Cannot be judged"),
    "verdict_note": ("按{name}；未知不算不达标", "By {name}; unknown is not a failure"),
    "row_gap": ("缺口区与名次", "Gap area with its rank"),
    "row_zones": ("服务圈外缘（估算，不看开门时间）", "Edge of the zone (estimated, whatever the hours)"),
    "gap_label": ("第 {rank} 名缺口：{name}，{amount}", "Gap {rank}: {name}, {amount}"),
    "themes": ("看什么", "What to show"),
    "cell_demand": ("{unit} {n}", "{unit} {n}"),
    "cell_share": ("走得到 {a}%，若未核实算开 {b}%", "{a}% in reach, {b}% if unverified"),
    "cell_minutes": ("最近站 {n} 分钟（估算）", "nearest station {n} min (estimated)"),
    "beside": ("；旁边还有 {n} 站", "; {n} more beside it"),
    "beside_list": ("旁边还有", "Beside it"),
    "cell_none": ("这里没有需求格子", "No demand here"),
    "layers_brand": ("覆盖与缺口", "Coverage and gaps"),
    "map_title": ("覆盖与缺口地图", "Coverage and gaps"),
    "map_line": ("走得到 {a}%，若未核实的都算开 {b}%", "{a}% in reach, {b}% if unverified hours counted"),
    "close": ("关闭", "Close"),
    "map": ("地图", "Map"),
    "map_frame": ("覆盖与缺口地图", "Map of coverage and gaps"),
    "map_note": (
        "格子越大需求越多 · 步行为估算（直线×1.35）· 街道线为示意",
        "Larger cells hold more demand · walking is estimated (straight line × 1.35) · streets are schematic",
    ),
    "map_note_own": (
        "格子越大需求越多 · 步行为估算（直线×1.35）",
        "Larger cells hold more demand · walking is estimated (straight line × 1.35)",
    ),
    "full_map": ("全屏看图", "Full map"),
    "as_table": ("看成表格", "As a table"),
    # metrics
    "metrics": ("十三项指标", "Thirteen metrics"),
    "metrics_note": (
        "每个数都写明分子、分母、参照和来源；文件里是同一个数。",
        "Each number with numerator, denominator, benchmark and source; the files hold the same number.",
    ),
    "col_metric": ("指标", "Metric"),
    "col_value": ("数值", "Value"),
    "col_parts": ("分子 / 分母", "Numerator / denominator"),
    "col_benchmark": ("参照", "Benchmark"),
    "col_source": ("来源", "Source"),
    "col_download": ("下载", "File"),
    "definition_of": ("定义", "Definition"),
    "more_figures": ("另 {n} 个数", "{n} more figures"),
    "no_number": ("没有数据", "no data"),
    # states
    "no_demand": (
        "这个人群在这个时段没有需求，算不出覆盖率。",
        "No demand of this group in this window; no share can be given.",
    ),
    "no_share": ("没有需求，算不出", "no demand, no share"),
    "empty": (
        "还没有站点。请先导入登记表（CSV、XLSX、GeoJSON）。",
        "No stations yet. Import a register first (CSV, XLSX, GeoJSON).",
    ),
    "none_open": (
        "这个时段没有一站确认开放；{n} 站时间未核实。",
        "No station is confirmed open in this window; {n} are unverified.",
    ),
    "store_away": (
        "数据库暂时连不上。显示的是 {date} 的登记表算出的结果，只能看，不能改。",
        "Database unreachable. Showing results of the register of {date}, read only.",
    ),
    "store_silent": ("数据库不回答", "the database does not answer"),
    "again": ("重试", "Try again"),
    "computing": ("正在计算…", "Computing…"),
    "failed": (
        "没有算成：{why}。条件已保留，请重试。",
        "Not computed: {why}. Your settings are kept; try again.",
    ),
    "stale": (
        "{n} 站的开放时间超过 90 天未核实，结果可能偏高。",
        "Hours of {n} stations are over 90 days old; results may be too high.",
    ),
    "stale_link": ("看这些站", "Show them"),
}
planner_say = Sayer(PLANNER_TEXTS)


def unit_words(unit: str, lang: Lang) -> str:
    """Return a unit of demand in words: ``weight``, ``weight-hours``, ``workers``, ``worker-hours``.

    >>> unit_words("weight-hours", "zh")
    '权重·小时'
    """
    return planner_say(lang, f"unit_{unit.replace('-', '_')}")


def percent(share: float | None) -> str:
    """Return a share as a whole percent, – where it cannot be given; little is never printed as nothing.

    >>> percent(0.415), percent(0.004), percent(0), percent(None)
    ('42', '<1', '0', '–')
    """
    if share is None:
        return "–"
    return "<1" if 0 < share < 0.005 else str(math.floor(share * 100 + 0.5))


def percent_words(share: float | None, lang: Lang) -> str:
    """Return a share as a whole percent with its sign, or why it cannot be given.

    >>> percent_words(0.415, "zh"), percent_words(None, "en")
    ('42%', 'no demand, no share')
    """
    return planner_say(lang, "no_share") if share is None else f"{percent(share)}%"
