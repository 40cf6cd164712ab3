"""Words of the worker's pages in Chinese and English, by key.

Fields in braces are filled by ``say`` here and by the finder's script on the phone; keys in
``SCRIPT_KEYS`` travel with the page.
"""

from __future__ import annotations

from typing import Literal

Lang = Literal["zh", "en"]

TEXTS: dict[str, tuple[str, str]] = {
    # page frame
    "brand": ("工会爱心驿站", "Care stations"),
    "area": ("西安市灞桥区", "Baqiao, Xi'an"),
    "sample_tag": ("示例数据", "Sample data"),
    "sample_banner": ("示例数据：不是真实站点，请勿前往", "Sample data: not real stations, do not go"),
    "sample_notice": ("示例数据，不代表灞桥区实际情况", "Sample data; it does not show the real Baqiao"),
    "do_not_go": ("示例站点，请勿前往", "Sample station, do not go"),
    "sample_place": ("（位置示例）", " (sample location)"),
    "big": ("大字", "Large"),
    "normal": ("标准", "Normal"),
    "other_lang": ("EN", "中文"),
    "other_lang_name": ("English", "中文版"),
    "skip": ("跳到站点列表", "Skip to the stations"),
    "bar_list": ("列表", "List"),
    "bar_map": ("地图", "Map"),
    "bar_night": ("夜间", "Night"),
    "bar_help": ("求助", "Help"),
    "bar_label": ("主要页面", "Main pages"),
    "credit": (
        "地点 © OpenStreetMap 贡献者，ODbL 1.0；部分地名 GeoNames，CC BY 4.0",
        "Places © OpenStreetMap contributors, ODbL 1.0; some names GeoNames, CC BY 4.0",
    ),
    "about": ("关于与资料来源", "About and sources"),
    "data_until": ("数据截至 {when}", "Data as of {when}"),
    "no_script": ("手机关了脚本，可按街道看站、打电话", "Scripts are off: browse by street and call"),
    # finding
    "find_nearest": ("找最近的", "Find nearest"),
    "not_uploaded": ("位置不上传", "Position stays on phone"),
    "search_place": ("搜地名", "Search"),
    "search_label": ("搜地名、路名、站名", "Search a place, road or station"),
    "search_hint": ("可打拼音首字母，如 bp", "Pinyin initials work too, such as bp"),
    "needs_label": ("需要什么", "What you need"),
    "filters_label": ("条件", "Filters"),
    "open_now": ("现在开门", "Open now"),
    "open_arrival": ("到达时开门", "Open on arrival"),
    "all_day": ("24 小时", "24 hours"),
    "night": ("夜间", "Night"),
    "with_unknown": ("也显示时间未核实的", "Also hours not confirmed"),
    "when": ("几点去", "What time"),
    "when_clear": ("现在去", "Go now"),
    "more": ("更多", "More"),
    "walk": ("步行", "Walk"),
    "ebike": ("电动车", "E-bike"),
    "mode_label": ("怎么去", "How you go"),
    "change_place": ("换位置", "Change"),
    "near_place": ("{name}附近", "Near {name}"),
    "near_chosen": ("所选位置附近", "Near the chosen point"),
    "near_me": ("我的位置", "My position"),
    "accuracy": ("误差约 {n} 米", "within about {n} m"),
    "pick": ("在地图上点我的位置", "Tap the map"),
    "map_failed": ("地图没打开，列表照常能用", "Map did not open; the list works"),
    "by_street": ("按街道看", "By street"),
    "street_unknown": ("街道不详", "Street not known"),
    "locating": ("正在定位…", "Finding you…"),
    "denied": ("手机没让用定位", "Location is off"),
    "denied_how": (
        "到手机“设置”里找到微信（或浏览器），打开“位置”，再回来。",
        "In the phone's settings allow location for this app, then come back.",
    ),
    "timed_out": ("定位太慢，没等到", "Took too long"),
    "no_position": ("这个页面不能定位", "Location does not work here"),
    "insecure": (
        "网址不是 https 开头，手机不给定位；换 https 打开，或在下面选。",
        "The address is not https, so the phone gives no position. Open it with https, or choose below.",
    ),
    "still_search": ("不定位也能找。你在哪儿？", "You can still search. Where are you?"),
    "or_street": ("或选街道", "Or pick a street"),
    "try_again": ("再试一次", "Try again"),
    "inaccurate": (
        "定位不准，误差约 {far}，远近只作参考",
        "Rough position, about {far} off; distances are a guide only",
    ),
    "outside": ("你不在灞桥区，最近的站 {far}", "You are outside Baqiao; the nearest is {far} away"),
    # counts
    "count_street": ("{n} 个站，{open} 个开着，按街道排", "{n} stations, {open} open, by street"),
    "count_match_street": ("{what}：{n} 个，按街道排", "{what}: {n}, by street"),
    "count_near": ("{n} 个站，{open} 个开着，近的在前", "{n} stations, {open} open, nearest first"),
    "count_match_near": ("{what}：{n} 个，近的在前", "{what}: {n}, nearest first"),
    "count_unknown": ("另有 {n} 个时间未核实", "{n} more with hours not confirmed"),
    "unranked": ("没排远近的：停用或位置不详", "Not ranked: closed, or location unknown"),
    "list_title": ("站点列表", "Stations"),
    "and": ("＋", " + "),
    "at_time": ("{time} 去", "at {time}"),
    # states
    "open_until": ("开门中，到 {when}", "Open until {when}"),
    "open_always": ("24 小时开门", "Open 24 hours"),
    "open_plain": ("开门中", "Open"),
    "closing": ("还有 {n} 分钟关门", "Closes in {n} min"),
    "opens": ("{when} 开门", "Opens {when}"),
    "lunch": ("午休，{when} 开门", "Lunch break, opens {when}"),
    "closed_unknown": ("已关门，下次未核实", "Closed, next opening not confirmed"),
    "shut_first": ("已关门，", "Closed. "),
    "unknown": ("时间未核实", "Hours not confirmed"),
    "unknown_call": ("先打电话问一声再去", "Call before you go"),
    "unknown_status": ("停用期已过，待核实", "Closure is over, being checked"),
    "stopped_until": ("临时停用，到 {when}", "Closed for now, until {when}"),
    "stopped": ("临时停用，何时恢复未定", "Closed for now, no date yet"),
    "rectifying": ("整改中", "Under repair"),
    "planned": ("在建，还没开", "Planned, not open yet"),
    "retired": ("已撤销", "Withdrawn"),
    "tomorrow": ("明天 {time}", "{time} tomorrow"),
    "weekday_at": ("{day} {time}", "{day} {time}"),
    "date_at": ("{date} {time}", "{date} {time}"),
    "weekdays": ("周一 周二 周三 周四 周五 周六 周日", "Mon Tue Wed Thu Fri Sat Sun"),
    "months": (
        "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月",
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    ),
    "date": ("{m}{d}日", "{d} {m}"),
    "plates": ("开 关 ? 停", "✓ – ? ×"),
    "plate_min": ("分钟", "min"),
    "arrive_ok": ("赶得上，到了还剩 {n} 分钟", "You will make it, {n} min left"),
    "arrive_shut": ("可能赶不上，到了已关门", "May be shut when you arrive"),
    "arrive_open": ("到时正好开门", "Open by the time you arrive"),
    # distance
    "dist": ("约 {min} 分钟 · {far}", "About {min} min · {far}"),
    "dist_far": ("约 {min} 分钟 · {far}，骑车约 {ride} 分钟", "About {min} min · {far}, {ride} by e-bike"),
    "metres": ("{n} 米", "{n} m"),
    "km": ("{n} 公里", "{n} km"),
    "no_location": ("位置不详，看地址", "Location not known, see the address"),
    # facts
    "broken": ("{what}坏了", "{what} broken"),
    "unclear": ("{what}不清楚", "{what} not known"),
    "limited": ("{what}（有限制）", "{what} (limited)"),
    "amenities_unknown": ("设施还没核实", "Amenities not confirmed"),
    "toilet_inside": ("厕所在站内，开门时都能用", "Toilet inside, when open"),
    "toilet_always": ("厕所在站内，24 小时能用", "Toilet inside, 24 h"),
    "toilet_limited": ("厕所在站内，有限制", "Toilet inside, limited"),
    "toilet_nearby": ("站内没有，{n} 米外有公厕", "None inside, public one {n} m away"),
    "toilet_nearby_unknown": (
        "站内没有，附近有公厕，多远不清楚",
        "None inside, a public one near, distance not known",
    ),
    "toilet_none": ("没有厕所", "No toilet"),
    "toilet_broken": ("厕所停用了", "Toilet out of use"),
    "toilet_unknown": ("厕所不清楚", "Toilet not known"),
    "entry_walk_in": ("推门就进", "Walk in"),
    "entry_register": ("登记一下就进", "Sign in at the door"),
    "entry_scan": ("扫门口的码进，不用下载", "Scan the code at the door, no app"),
    "entry_id_card": ("刷身份证进", "ID card opens the door"),
    "entry_face": ("刷脸进", "Face opens the door"),
    "entry_password": ("按密码进，问站长", "Door code from the keeper"),
    "entry_ask_staff": ("找工作人员开门", "Ask staff to open"),
    "entry_remote": ("按门铃，值班远程开门", "Ring, opened remotely"),
    "entry_members_only": ("要先入会", "Union members only"),
    "entry_unknown": ("怎么进不清楚", "How to get in is not known"),
    "entry_or": ("，或", "; or "),
    "welcome": ("欢迎进来，不用办业务，免费", "welcome, no business needed, free"),
    "comma": ("，", ", "),
    "confirmed": ("{when}确认 · {ago}", "Confirmed {when}, {ago}"),
    "days_ago": ("{n} 天前", "{n} days ago"),
    "days_old": ("已 {n} 天", "{n} days old"),
    "today": ("今天", "today"),
    "yesterday": ("昨天", "yesterday"),
    "all_facts": ("全部资料，{n} 样", "All facts, {n} of them"),
    "and_more": ("{what}等 {n} 样", "{what} and others, {n} in all"),
    "never_confirmed": ("还没人确认过", "Never confirmed"),
    "parking_yes": ("电动车可停门口", "E-bikes can park here"),
    "parking_no": ("门口不能停电动车", "No e-bike parking"),
    "parking_unknown": ("电动车停哪儿不清楚", "E-bike parking not known"),
    # acts
    "nav": ("导航", "Directions"),
    "call": ("打电话", "Call"),
    "call_line": ("打 12351", "Call 12351"),
    "report": ("报错", "Report"),
    "nav_amap": ("高德地图", "Amap"),
    "nav_baidu": ("百度地图", "Baidu Maps"),
    "nav_tencent": ("腾讯地图", "Tencent Maps"),
    "nav_apple": ("苹果地图", "Apple Maps"),
    "other_maps": ("其他地图", "Other maps"),
    "copy_address": ("复制地址", "Copy address"),
    "links_anyway": ("仍要看链接", "Show the links anyway"),
    "no_nav": ("没有坐标，按地址找", "No coordinates; go by the address"),
    # nothing matches
    "nothing": ("现在没有全满足的站", "No station has all of these now"),
    # reports
    "doubt": ("{day} {n} 人报{what}，待核实", "{n} people reported {what} {day}, being checked"),
    "doubt_quote": ("“{what}”", "“{what}”"),
    "doubt_locked": ("门锁着", "locked"),
    "doubt_no_water": ("没水", "no water"),
    "doubt_broken": ("坏了", "broken"),
    "doubt_wrong_place": ("位置不对", "wrong place"),
    "doubt_other": ("有问题", "a problem"),
    "doubt_on": ("{date}", "on {date}"),
    # heat
    "heat": ("高温 {n}℃，少晒", "Heat {n} °C, keep out of the sun"),
    "heat_near": ("高温 {n}℃，少晒，最近纳凉站约 {min} 分钟", "Heat {n} °C, nearest cool room {min} min"),
    # offline
    "offline": ("没网，用的是 {when} 的资料", "Offline, data of {when}"),
    "stale": ("资料已 {n} 天，去前先打电话", "Data {n} days old, call first"),
    "updated": ("资料已更新", "Updated"),
    # help
    "help_title": ("求助", "Help"),
    "help_line": ("12351 职工热线", "12351 workers' line"),
    "help_emergency": ("急救 120", "Ambulance 120"),
    "help_aed": ("最近的 AED：{where}", "Nearest AED: {where}"),
    "help_first_aid": ("最近的药箱：{where}", "Nearest first-aid kit: {where}"),
    # station page
    "station": ("站点", "Station"),
    "back": ("返回", "Back"),
    "today_is": ("今天 {day}", "Today, {day}"),
    "now_at": ("现在 {time}", "Now {time}"),
    "hours_given": ("登记的时间：{text}", "Hours as given: {text}"),
    "holiday": ("节假日", "Holiday"),
    "day_closed": ("不开门", "Closed"),
    "where_door": ("门在哪儿", "Where the door is"),
    "what_it_has": ("有什么", "What it has"),
    "services": ("服务", "Services"),
    "who_confirmed": ("谁确认过", "Who confirmed"),
    "hours_confirmed": ("开门时间", "Opening hours"),
    "location_checked": ("位置", "Location"),
    "item_checked": ("{what}", "{what}"),
    "code_is": ("编号 {id}", "Code {id}"),
    "share_page": ("本页链接", "Link to this page"),
    "poster": ("门口海报", "Door poster"),
    "print": ("打印", "Print"),
    "honours": ("荣誉", "Honours"),
    "illustrative_facts": ("示例资料", "Sample facts"),
    "no_address": ("地址不详", "Address not known"),
    "photo_later": ("照片待补", "No photo yet"),
    "value_yes": ("能用", "Works"),
    "value_limited": ("有限制", "Limited"),
    "value_nearby": ("附近有", "Nearby"),
    "value_nearby_m": ("{n} 米外有", "{n} m away"),
    "value_broken": ("坏了", "Broken"),
    "value_no": ("没有", "No"),
    "value_unknown": ("不清楚", "Not known"),
    "value_count": ("{n} 个能用", "{n} working"),
    # poster
    "poster_see": ("看得见　找得到　进得来　用得上", "See it · find it · get in · use it"),
    "poster_welcome": ("欢迎进来，不用办业务，免费", "Come in: no business needed, free"),
    "poster_full": ("关门了？人满了？", "Shut? Full?"),
    "poster_scan": ("扫码找下一个", "Scan to find the next one"),
    "poster_more": (
        "看哪家还开着、怎么走。门锁着、没水、坏了，也在这里报。不用下载，不用登录。",
        "See which is open and how to get there; report a fault. No app, no login.",
    ),
    "hotline": ("职工服务热线 12351", "Workers' line 12351"),
    # about
    "about_title": ("关于本页与资料来源", "About these pages and their sources"),
    "about_what": (
        "帮户外劳动者找最近、开着、用得上的工会爱心驿站。"
        "列表按直线距离的 1.35 倍估算路程，步行每秒 1.11 米，电动车每秒 4.2 米，所以写“约”。",
        "Finds the nearest care station that is open and has what you need. Travel time is an estimate: "
        "straight line times 1.35, at 1.11 m/s on foot and 4.2 m/s by e-bike.",
    ),
    "about_open": (
        "开门时间按登记的时间和法定节假日算。没核实的写“时间未核实”，不当作开门，也不当作关门。",
        "Open states follow the registered hours and public holidays. What is not confirmed is said to be "
        "so: neither open nor closed.",
    ),
    "about_position": (
        "位置只在手机里算，不上传，不写进网址。选的地名会写进网址的 # 后面，方便转发，也不发到服务器。",
        "Your position is used on the phone only: it is not sent and not put in the address. A place you "
        "choose stands after the # of the address, which is not sent to the server either.",
    ),
    "about_access": (
        "页面按 WCAG 2.2 AA 做并用自动检查试过：可放大到两倍，可用键盘，不只靠颜色，不用脚本也能看。"
        "用着不方便，请打 12351。",
        "Built for WCAG 2.2 AA and checked by automatic tests: twice the text size, keyboard, not by colour "
        "alone, readable without scripts. If something does not work for you, call 12351.",
    ),
    "about_sources": ("资料来源", "Sources"),
    "about_access_title": ("无障碍", "Accessibility"),
    "about_privacy_title": ("位置与隐私", "Position and privacy"),
    "about_boundary": (
        "区界为示意，依据高德地图数据简化，不是官方边界。",
        "The district boundary is schematic, simplified from Amap data; it is not official.",
    ),
    "about_register": ("站点登记 {n} 条，版本 {stamp}", "Register of {n} stations, version {stamp}"),
    # errors
    "error_404": ("没有这个站，可能已撤销", "No such station, it may be withdrawn"),
    "error_page": ("没有这一页", "No such page"),
    "error_503": ("没连上，过一会儿再试", "No connection to the data, try again shortly"),
    "error_500": ("出错了，已记下", "Something went wrong; it was noted"),
    "error_back": ("看最近的站", "See the nearest stations"),
}

SCRIPT_KEYS: tuple[str, ...] = (
    "open_until", "open_always", "open_plain", "closing", "opens", "lunch", "closed_unknown", "shut_first",
    "unknown", "unknown_status", "stopped_until", "stopped", "rectifying", "planned", "retired", "tomorrow",
    "weekday_at", "date_at", "weekdays", "months", "date", "plates", "plate_min", "arrive_ok",
    "arrive_shut", "arrive_open", "dist", "dist_far", "metres", "km", "no_location", "near_place",
    "near_chosen", "near_me", "accuracy", "count_street", "count_match_street", "count_near",
    "count_match_near", "count_unknown", "and", "at_time", "locating", "denied", "timed_out", "no_position",
    "insecure", "denied_how", "inaccurate", "outside", "with_unknown", "big", "normal", "heat", "heat_near",
    "comma", "map_failed", "offline", "stale", "updated", "help_aed", "help_first_aid",
)  # fmt: skip
"""Keys the finder's script needs on the phone."""


def say(lang: Lang, key: str, /, **fields: object) -> str:
    """Return the words of ``key`` in ``lang`` with its fields filled.

    Raises:
        KeyError: no such text, or a field is missing.

    >>> say("zh", "closing", n=25), say("en", "closing", n=25)
    ('还有 25 分钟关门', 'Closes in 25 min')
    """
    zh, en = TEXTS[key]
    text = en if lang == "en" else zh
    return text.format(**fields) if fields else text


def script_texts(lang: Lang) -> dict[str, str]:
    """Return the words the finder's script needs, unfilled, by key."""
    return {key: say(lang, key) for key in SCRIPT_KEYS}
