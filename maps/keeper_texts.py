"""Words of the keeper's pages in Chinese and English, by key."""

from __future__ import annotations

from maps.texts import Lang

KEEPER_TEXTS: dict[str, tuple[str, str]] = {
    "title": ("站长", "Keeper"),
    "login_title": ("站长登录", "Keeper's login"),
    "login_key": ("站长钥匙（cs_ 开头）", "Keeper's key (begins with cs_)"),
    "login": ("登录", "Log in"),
    "login_wrong": ("这把钥匙不对，或已停用", "This key is wrong or revoked"),
    "login_fine": (
        "登录 12 小时有效，别人用的手机用完请退出。",
        "Valid for 12 hours; log out on a shared phone.",
    ),
    "logout": ("退出", "Log out"),
    "tab_inbox": ("待处理 {n}", "To do {n}"),
    "tab_confirm": ("要确认 {n}", "Confirm {n}"),
    "tab_stations": ("全部站 {n}", "Stations {n}"),
    "tab_heat": ("高温", "Heat"),
    "tabs": ("本页各部分", "Parts of this page"),
    "nothing": ("没有要处理的", "Nothing to do"),
    "due_today": ("今天 {time} 前处理", "Due {time} today"),
    "due_on": ("{date}前处理", "Due {date}"),
    "due_late": ("已过期 {n} 天", "{n} days late"),
    "due_past": ("今天 {time} 已过期", "Was due {time} today"),
    "due_none": ("没定期限", "No deadline"),
    "due_label": ("哪天 18:00 前处理", "Due by 18:00 on"),
    "due_set": ("定期限", "Set deadline"),
    "people": ("{n} 人报：{what}", "{n} reported: {what}"),
    "marked": ("列表已标“待核实”", "the list says it is being checked"),
    "unmarked": ("只有 {n} 人，列表还没标", "{n} only; the list says nothing yet"),
    "kind_locked": ("门锁着", "locked"),
    "kind_no_water": ("没水", "no water"),
    "kind_broken": ("坏了", "broken"),
    "kind_broken_of": ("{what}坏了", "{what} broken"),
    "kind_wrong_place": ("位置不对", "wrong place"),
    "kind_other": ("其他", "other"),
    "act_close": ("属实，今天停用", "True, close today"),
    "act_repair": ("属实，在修", "True, in repair"),
    "act_accept": ("属实", "True"),
    "act_reject": ("不属实", "Not so"),
    "act_hours": ("改今天的开门时间", "Change today's hours"),
    "act_edit": ("改一下", "Edit"),
    "gone": ("这个站已不在登记表里", "This station has left the register"),
    "confirm_title": ("要确认的资料", "Facts to confirm"),
    "confirm_more": ("还有 {n} 个站，确认完这些再来", "{n} more when these are done"),
    "last": ("上次确认 {words}", "Last: {words}"),
    "row_hours": ("开门", "Hours"),
    "row_entry": ("进门", "Entry"),
    "row_toilet": ("厕所", "Toilet"),
    "row_works": ("能用", "Works"),
    "confirm": ("都对，确认", "All correct, confirm"),
    "change": ("有变化，改一下", "Something changed"),
    "stations_title": ("全部站", "All stations"),
    "heat_title": ("高温提醒", "Heat banner"),
    "heat_now": ("正在提醒：{n}℃，到 {when}", "On: {n} °C until {when}"),
    "heat_off": ("现在没有提醒", "No banner now"),
    "heat_level": ("温度", "Step"),
    "heat_until": ("提醒到今天几点", "Until (today)"),
    "heat_set": ("挂出提醒", "Show banner"),
    "heat_end": ("撤下提醒", "Take it down"),
    "done_heat_past": ("时间已过，选晚一点的", "That time is past: choose a later one"),
    "undo": ("撤回", "Undo"),
    "done_accepted": ("已标属实", "Marked true"),
    "done_close": ("已标属实，今天停用", "Marked true, closed today"),
    "done_repair": ("已标属实，在修", "Marked true, in repair"),
    "done_rejected": ("已标不属实", "Marked not so"),
    "done_confirm": ("已确认", "Confirmed"),
    "done_saved": ("已存", "Saved"),
    "done_due": ("期限已定", "Deadline set"),
    "done_undone": ("已撤回", "Undone"),
    "done_heat": ("高温提醒已挂出", "Heat banner is up"),
    "done_cool": ("高温提醒已撤下", "Heat banner is down"),
    "done_changed": ("别人刚改过，看一眼再存", "Changed by someone else, look first"),
    "edit_title": ("改资料", "Edit"),
    "edit_public": ("看公开页", "Public page"),
    "edit_status": ("状态", "Status"),
    "edit_until": ("停用到哪天（可不填）", "Closed until (optional)"),
    "edit_note": ("说明（公开，可不填）", "Note (public, optional)"),
    "edit_hours": ("开门时间，照平常写法", "Opening hours, as you would write them"),
    "edit_hours_hint": (
        "如：周一至周五 8:30-12:00、14:30-18:00；24小时；空着 = 不清楚",
        "Such as Mo-Fr 08:30-18:00 or 24/7; empty = not known",
    ),
    "edit_today": ("只改今天（可不填），如 9:00-15:00", "Today only (optional), such as 9:00-15:00"),
    "edit_understood": ("听懂的开门时间", "Understood as"),
    "edit_right": ("对，就这样存", "Right, save"),
    "edit_assumed": ("按惯例理解：{text}", "Assumed: {text}"),
    "edit_amenities": ("有什么", "What it has"),
    "edit_distance": ("附近的厕所有多少米", "Metres to the nearby toilet"),
    "edit_save": ("存", "Save"),
    "edit_wrong": ("没存成：{text}", "Not saved: {text}"),
    "edit_unclear": ("开门时间没听懂：{text}", "Hours not understood: {text}"),
    "back": ("返回", "Back"),
}


def keeper_say(lang: Lang, key: str, /, **fields: object) -> str:
    """Return the words of ``key`` in ``lang`` with its fields filled.

    Raises:
        KeyError: no such text, or a field is missing.

    >>> keeper_say("zh", "people", n=2, what="门锁着")
    '2 人报：门锁着'
    """
    zh, en = KEEPER_TEXTS[key]
    text = en if lang == "en" else zh
    return text.format(**fields) if fields else text
