"""Words of the report around its sentences, in Chinese and English, by key."""

from __future__ import annotations

from maps.texts import Lang

REPORT_TEXTS: dict[str, tuple[str, str]] = {
    "heading": ("灞桥区户外劳动者服务缺口报告", "Baqiao service gap report"),
    "title": ("报告", "Report"),
    "print": ("打印或存为 PDF", "Print or save as PDF"),
    "file_assessment": ("十三项指标", "Thirteen metrics"),
    "file_gaps": ("缺口与改进", "Gaps and actions"),
    "file_coverage": ("覆盖", "Coverage"),
    "any_service": ("任一服务", "any service"),
    "dated": ("登记表 {register} · 生成于 {made}", "Register of {register} · made on {made}"),
    "source": (
        "H3-9 网格；步行为估算（直线×1.35÷1.11 米/秒）。数据日期 {register}。{credits}。",
        "H3 grid, level 9; walking estimated (straight line × 1.35 ÷ 1.11 m/s). Data: {register}. {credits}.",
    ),
    "notice_end": ("{notice}。", "{notice}."),
    "credit_comma": ("；", "; "),
    "unset": ("未设置", "not set"),
    "north": ("北", "N"),
    "km": ("公里", "km"),
    # the head
    "share_of": ("{reach}覆盖率", "In reach: {reach}"),
    "if_maybe": ("若未核实的都算开：{share}", "If unverified counted: {share}"),
    "missed": ("走不到的{unit}", "Out of reach ({unit})"),
    "all_modelled": ("共 {n}（模型估算）", "of {n} (modelled)"),
    "all_measured": ("共 {n}（实测）", "of {n} (measured)"),
    "no_building": ("不用新建也可能补上", "Without building"),
    "no_building_note": (
        "占缺口；附近有站：没开、缺服务或未核实",
        "of the gap: a station is near",
    ),
    "other_walk": ("15 分钟步行覆盖率", "15-minute walk"),
    "other_radius": ("1 公里半径覆盖率", "1 km radius"),
    "other_note": ("另一口径，不可混用", "a different measure"),
    # maps
    "legend": ("图例", "Legend"),
    "map_1": ("图 1　谁走得到、谁走不到（{subject}）", "Map 1. Who is in reach and who is not ({subject})"),
    "map_1_label": ("图 1：覆盖分级与驿站状态", "Map 1: classes of coverage, and the stations' states"),
    "map_2": (
        "图 2　走不到的原因与最大的 {n} 处缺口（{subject}）",
        "Map 2. Why demand is out of reach, and the {n} largest gaps ({subject})",
    ),
    "map_2_label": ("图 2：缺口原因与排名", "Map 2: causes and ranks of the gaps"),
    "main_cause": ("主要原因", "Main cause"),
    "and_more": ("{n}以上", "≥{n}"),
    "street_line": ("街道（示意）", "Streets (schematic)"),
    "street_line_own": ("街道", "Streets"),
    "gap_rank": ("缺口区名次", "Rank of a gap"),
    "class_twice": ("两站以上可到", "Two stations or more"),
    "class_once": ("一站可到", "One station"),
    "class_part": ("只有部分时段", "Part of the time"),
    "class_none": ("没有服务", "None"),
    "class_unverified": ("时间未核实", "Hours unverified"),
    "class_served": ("多半走得到", "Mostly in reach"),
    "state_open": ("全程开", "Open"),
    "state_partly": ("开一部分", "Partly open"),
    "state_lacks": ("开，缺所选服务", "Open, lacks it"),
    "state_closed": ("没开", "Closed"),
    "state_unknown": ("未核实", "Unverified"),
    "state_not_serving": ("暂停、在建", "Out of use"),
    # what to do
    "actions": ("改进清单：从最省的做起", "Actions, cheapest first"),
    "actions_order": (
        "按“先核实 → 延长开放 → 补设施 → 上图挂牌 → 合作点 → 新建”的次序。新增数是",
        "In the order verify → longer hours → amenities → maps and signs → partner sites → build. Gains are ",
    ),
    "actions_most": (
        "最多能补上的量，按次序逐项累加，不重复计算",
        "at most, added in this order, nothing counted twice",
    ),
    "actions_after": (
        "；全部做到，覆盖率由 {before} 升到最多 {after}。",
        "; with all of it done the share rises from {before} to {after} at most.",
    ),
    "no_actions": ("按当前条件没有要做的事。", "Nothing to do under these settings."),
    "table_1": (
        "表 1　改进行动与最多可新增的覆盖（{unit}）",
        "Table 1. Actions and what they add at most ({unit})",
    ),
    "h_number": ("序", "No."),
    "h_what": ("做什么", "What to do"),
    "h_street": ("街道", "Street"),
    "h_gain": ("最多新增", "Gain at most"),
    "h_gaps": ("涉及缺口", "Gaps"),
    "h_deadline": ("建议期限", "Proposed by"),
    "group": ("{n}、{title}（{count} 项{gain}）", "{n}. {title} ({count}{gain})"),
    "group_gain": ("，最多 {n}", ", at most {n}"),
    "not_counted": ("不计", "not counted"),
    "gaps_more": (" 等 {n} 处", " … ({n})"),
    "more_tasks": ("另 {n} 项", "{n} more"),
    "see_file": ("见附表", "see workbook"),
    # where
    "where": ("缺口在哪里，因为什么", "Where the gaps are, and why"),
    "table_2": (
        "表 2　最大的缺口（前 {n} 处，共 {all} 处；{unit}）",
        "Table 2. The largest gaps ({n} of {all}; {unit})",
    ),
    "table_2_label": ("表 2：最大的缺口", "Table 2: the largest gaps"),
    "h_rank": ("名次", "Rank"),
    "h_place": ("地点", "Place"),
    "h_missed": ("未服务", "Out of reach"),
    "h_part": ("占比", "Part"),
    "h_worst": ("最差时段", "Worst time"),
    "h_nearest": ("最近的站（估算）", "Nearest station (estimate)"),
    "nearest": ("{station} {n:.0f} 分钟", "{station} {n:.0f} min"),
    "group_amount": ("{group} {n}", "{group} {n}"),
    "no_gaps": ("按当前条件没有缺口。", "No gap under these settings."),
    # when
    "when": ("一天里、各街道", "By hour and by street"),
    "clock": (
        "图 3　一天七个时段的覆盖率（%）",
        "Figure 3. Share in reach in the seven windows of a day (%)",
    ),
    "clock_label": ("图 3：七个时段的覆盖率", "Figure 3: share in reach in seven windows"),
    "clock_key": (
        "柱＝工作日　黑线＝周末　斜纹＝若未核实的都算开　灰条＝在岗{unit}",
        "Bar: weekday · black line: weekend · hatch: if unverified counted · grey: on duty, {unit}",
    ),
    "table_3": (
        "表 3　各街道（未服务最多的在前；{unit}）",
        "Table 3. Streets, most out of reach first ({unit})",
    ),
    "h_demand": ("需求", "Demand"),
    "h_share": ("覆盖率", "Share"),
    "h_maybe": ("若未核实的都算开", "If unverified counted"),
    "no_street": ("未注明街道", "No street given"),
    "how": ("怎样读这些数", "How to read the numbers"),
    "how_share": (
        "覆盖率＝当时走得到开着、有所选服务的驿站的需求 ÷ 在岗的全部需求，逐刻钟计算。",
        "Share: demand that can reach a station open with the chosen service, quarter-hour by quarter-hour, "
        "÷ all demand on duty.",
    ),
    "how_unknown": (
        "未核实的时间不算开，另列“若未核实的都算开”。",
        "Unverified hours do not count as open; the share if they did stands beside.",
    ),
    "how_modelled": (
        "需求是模型估算的权重，不是人数，也不是统计；导入实测后请重新生成。",
        "Demand is a modelled weight, not people, not statistics; make the report again once counts are in.",
    ),
    "how_walk": (
        "路程按直线×1.35 估算，未计河流、铁路绕行，实际可能更久。",
        "Ways are straight lines × 1.35; rivers and railways may make them longer.",
    ),
    "how_radius": (
        "1 公里半径是另一口径，不与步行混用。",
        "The 1 km radius is another measure, not to be mixed with walking.",
    ),
    "parameters": ("参数与版本", "Parameters and versions"),
    "p_reach": ("口径", "Threshold"),
    "p_service": ("服务", "Service"),
    "p_any": ("任一服务（开着就算）", "any (open is enough)"),
    "p_time": ("时间", "Time"),
    "p_week": ("典型周（周一）", "Typical week (Monday)"),
    "p_group": ("人群", "Group"),
    "p_all_groups": ("全部六类", "all six"),
    "p_travel": ("路程", "Ways"),
    "travel_estimate": ("直线 × 1.35 ÷ 1.11 米/秒（估算）", "straight line × 1.35 ÷ 1.11 m/s (estimate)"),
    "travel_network": ("街道网络", "street network"),
    "travel_straight_line": ("直线距离", "straight line"),
    "p_demand": ("需求", "Demand"),
    "demand_modelled": ("模型估算（需求权重，不是人数）", "modelled (weights, not people)"),
    "demand_measured": ("实测", "measured"),
    "p_areas": ("街道界线", "Street areas"),
    "areas_imported": ("导入", "imported"),
    "areas_schematic": ("示意，近似划分", "schematic, approximate"),
    "p_register": ("登记表版本", "Register"),
    "register": ("第 {version} 版，{n} 站", "version {version}, {n} stations"),
    "p_made": ("生成日期", "Made on"),
    "p_grid": ("坐标与网格", "Coordinates, grid"),
    "grid": ("WGS-84；H3 第 9 级", "WGS-84; H3 level 9"),
    # metrics
    "metrics": ("十三项指标", "Thirteen metrics"),
    "table_4": (
        "表 4　指标、数值、分子分母、参照和来源",
        "Table 4. Metric, value, parts, benchmark and source",
    ),
    "table_4_label": ("表 4：十三项指标", "Table 4: thirteen metrics"),
    "h_metric": ("指标", "Metric"),
    "h_value": ("数值", "Value"),
    "h_parts": ("分子 / 分母", "Parts"),
    "h_benchmark": ("参照", "Benchmark"),
    "h_source": ("来源", "Source"),
    "no_data": ("没有数据", "no data"),
    "demand_from": ("需求从哪里来", "Where the demand comes from"),
    "decide": ("请会议决定", "For the meeting to decide"),
    "ask_verify": (
        "{n} 站的时间和设施，由谁在一周内打电话核实：",
        "Who verifies hours and amenities of {n} stations by phone within a week:",
    ),
    "ask_extend_hours": ("{n} 站延长开放，由谁去谈：", "Who talks to {n} stations about longer hours:"),
    "ask_reopen": ("{n} 站恢复开放，何时：", "When {n} stations reopen:"),
    "ask_repair": ("{n} 处修理的经费来源：", "Who pays for {n} repairs:"),
    "ask_equip": ("{n} 处添置的经费来源：", "Who pays for {n} additions:"),
    "ask_partner": ("{n} 处合作点，先谈哪几处：", "Which of {n} partner sites come first:"),
    "ask_build": ("{n} 处新建，是否列入计划：", "Whether {n} new stations go on the plan:"),
}


def page_say(lang: Lang, key: str, /, **fields: object) -> str:
    """Return the words of ``key`` in ``lang`` with its fields filled.

    Raises:
        KeyError: no such text, or a field is missing.

    >>> page_say("zh", "h_rank")
    '名次'
    """
    text = REPORT_TEXTS[key][lang == "en"]
    return text.format(**fields) if fields else text
