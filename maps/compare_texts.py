"""Words of the comparison, in Chinese and English, by key."""

from __future__ import annotations

from geo.bilingual import Lang, Sayer
from geo.errors import CareStationError, InvalidDataError, InvalidParameterError, NotFoundError
from geo.scenario import MAX_CHANGES, MAX_CHARS

COMPARE_TEXTS: dict[str, tuple[str, str]] = {
    "title": ("方案比较：B − A", "Compare: difference B − A"),
    "side_now": ("现状（登记表第 {n} 版）", "Register now (version {n})"),
    "side_past": ("登记表第 {n} 版（{date}）", "Register version {n} ({date})"),
    "side_plan": ("{name} · {n} 项改动", "{name} · {n} changes"),
    "plan": ("方案", "Scenario"),
    "on_map": ("在地图上看", "On the map"),
    "swap": ("⇄ 互换", "⇄ Swap"),
    "apply": ("比较", "Compare"),
    "xlsx": ("下载差异 XLSX", "Difference XLSX"),
    "figures": ("数字并排", "Numbers side by side"),
    "difference": ("差", "Change"),
    "points": ("{n} 点", "{n} pts"),
    "row_share": ("{n}覆盖率", "Share, {n}"),
    "row_maybe": ("若未核实的都算开", "If unverified counted"),
    "row_twice": ("交叉覆盖 ≥2 站", "Two or more stations"),
    "row_covered": ("走得到（{unit}）", "In reach ({unit})"),
    "row_missed": ("走不到（{unit}）", "Out of reach ({unit})"),
    "minutes": ("{n} 分钟步行", "{n}-minute walk"),
    "radius": ("1 公里半径", "1 km radius"),
    "by_window": ("按时段（{day}）", "By window ({day})"),
    "by_street": ("按街道", "By street"),
    "by_group": ("按人群", "By group"),
    "sorted": ("按变化大小排", "largest change first"),
    "scale": ("覆盖率 %", "share %"),
    "no_street": ("未注明街道", "No street given"),
    "map": ("差异图", "Map of the difference"),
    "map_title": ("差异：B − A", "Difference B − A"),
    "any_service": ("任一服务", "any service"),
    "thumbs": ("两边的覆盖", "Coverage of both sides"),
    "as_table": ("看成表格", "As a table"),
    "table": ("各街道按变化的需求（{unit}）", "Demand of each street by what became of it ({unit})"),
    "pick": ("用方向键在图上选点", "Choose a place with the arrow keys"),
    "pick_hint": (
        "方向键移动，Shift 加方向键细调，回车选定",
        "Arrow keys move, with Shift in small steps, Enter chooses",
    ),
    "legend": ("B 比 A", "B against A"),
    "gained": ("新走得到（全程）", "Newly in reach, all of the time"),
    "more": ("多了一部分时段", "In reach more of the time"),
    "same": ("和原来一样", "As before"),
    "still": ("仍然走不到", "Still out of reach"),
    "worse": ("变差", "Worse"),
    "mark_ext": ("改时间", "Hours changed"),
    "mark_equip": ("补设施", "Amenities added"),
    "mark_new": ("新站", "New site"),
    "mark_shut": ("撤并", "Closed"),
    "changes": ("B 的 {n} 项改动", "The {n} changes of B"),
    "gain_head": ("依次多走得到", "added in order"),
    "stations_differ": ("{n} 个站点不同", "{n} stations differ"),
    "station_added": ("新增", "Added"),
    "station_changed": ("改动", "Changed"),
    "station_removed": ("没有了", "Gone"),
    "place_of_station": ("坐标", "Location"),
    "more_stations": ("另外 {n} 个站点", "{n} more stations"),
    "no_changes": (
        "还没有改动。在下面关一站、改时间、补设施，或在图上点一处加新站。",
        "No changes yet. Close a station, change hours, add amenities below, or click the map to add a site.",
    ),
    "drop": ("撤销", "Undo"),
    "drop_of": ("撤销：{what}", "Undo: {what}"),
    "edit": ("改一处站点", "Change a station"),
    "station": ("站点", "Station"),
    "close_it": ("关掉", "Close it"),
    "new_hours": ("新开放时间", "New hours"),
    "set_hours": ("改时间", "Set hours"),
    "amenity": ("补上设施", "Amenity to add"),
    "equip_it": ("补设施", "Add"),
    "add": ("加一处新站", "Add a site"),
    "add_hint": (
        "点图上一处会填好坐标；也可以直接填。",
        "A click on the map fills in the place; or type it.",
    ),
    "name": ("名称", "Name"),
    "lon": ("经度", "Longitude"),
    "lat": ("纬度", "Latitude"),
    "hours": ("开放时间", "Hours"),
    "add_it": ("加新站", "Add the site"),
    "file": ("方案文件", "Scenario file"),
    "load": ("打开文件…", "Open a file…"),
    "paste": ("或粘贴方案 JSON", "or paste scenario JSON"),
    "use": ("使用", "Use"),
    "too_large": (
        "{n} 项改动太多，网址放不下；请分成两个方案",
        "{n} changes don't fit into an address; make two scenarios",
    ),
    "too_long_file": (
        "这个文件太大：方案最多 {n} 个字。请选一个方案文件（JSON）。",
        "This file is too large: a scenario has at most {n} characters. Choose a scenario file (JSON).",
    ),
    "save": ("存为文件", "Save as a file"),
    "clear": ("清空方案", "Clear the scenario"),
    "failed": (
        "没有算成：{why}。条件已保留，请改后重试。",
        "Not computed: {why}. Your settings are kept; try again.",
    ),
    "ext_words": ("{station}：{hours}", "{station}: {hours}"),
    "equip_words": ("{station}：添 {what}", "{station}: add {what}"),
    "shut_words": ("{station}：关掉", "{station}: closed"),
    "new_words": ("{station}：新站，{hours}", "{station}: new, {hours}"),
    "new_site": ("新站", "New site"),
    "note": (
        "格子越大需求越多 · 步行为估算（直线×1.35）· 两边用同一份需求",
        "Larger cells hold more demand · walking is estimated (straight line × 1.35) · one demand for both",
    ),
    "north": ("北", "N"),
    "km": ("公里", "km"),
}
compare_say = Sayer(COMPARE_TEXTS)

FAILURES: dict[str, str] = {
    "not JSON": "方案不是 JSON 文件",
    "not a JSON object": "方案要写成一个 JSON 对象 {…}",
    "longer": f"方案超过 {MAX_CHARS} 个字",
    "more": f"方案超过 {MAX_CHANGES} 项改动",
    "name": "方案名称要是不超过 100 字的文字",
    "closed": "closed 要是站点编号的列表",
    "hours": "开放时间读不懂，写法如 Mo-Su 08:00-20:00 或 24/7",
    "equipped": 'equipped 里要写设施代码的列表，如 ["microwave"]',
    "sites": "新站要有经度 lon 和纬度 lat",
    "lon": "新站的经纬度要是数字",
    "location": "新站的经纬度不在范围内（先经度，后纬度）",
    "amenities": "新站的设施代码不认识",
    "scenario": "登记表里没有这个站",
}
"""What is wrong with a scenario, by field or by the first words of the message."""
_SHOWN = 60


def failure_words(error: CareStationError, lang: Lang) -> str:
    """Return why a comparison could not be worked out: what is wrong, of which station, at which value.

    >>> failure_words(InvalidParameterError("scenario", "BQ-9", "no such station in this register"), "zh")
    '登记表里没有这个站（BQ-9）'
    """
    if isinstance(error, NotFoundError):
        numbers = "".join(char for char in str(error) if char.isdigit())
        return str(error) if lang == "en" else f"登记表没有第 {numbers} 版"
    if isinstance(error, InvalidParameterError):
        return str(error) if lang == "en" else _with(FAILURES.get(error.name, str(error)), error.value)
    if not isinstance(error, InvalidDataError):
        return str(error)
    problem = error.problems[0]
    if lang == "en":
        return str(problem)
    by_message = next((words for start, words in FAILURES.items() if problem.message.startswith(start)), None)
    words = (FAILURES.get(problem.field or "") or by_message) or f"不认识的内容 {problem.field}"
    named = words if problem.station is None else f"{problem.station}：{words}"
    return _with(named, problem.value)


def _with(words: str, value: object) -> str:
    if value is None:
        return words
    shown = str(value)
    return f"{words}（{shown if len(shown) <= _SHOWN else shown[:_SHOWN] + '…'}）"
