"""Why a row is in quarantine and why a file was refused, in Chinese and English. One table, nothing else."""

from jigong.kernel.text import Text
from jigong.packs.contract import Contract

ROW: dict[str, Text] = {
    "required": Text("必填项为空", "a required value is empty"),
    "type": Text("不是规定类型的值（数字、日期等）", "not a value of the agreed type (number, date, …)"),
    "range": Text("超出规定范围", "outside the agreed range"),
    "future": Text(
        "已发生的事，日期却晚于报送当天", "it has happened, yet its day is later than the day of delivery"
    ),
    "ahead": Text("日期过于遥远", "the day lies too far ahead"),
    "pattern": Text("不符合规定格式", "not in the agreed form"),
    "enum": Text("不是约定的选项", "not one of the agreed values"),
    "identifier": Text("号码格式或校验位不对", "the number's form or check digit is wrong"),
    "digits": Text(
        "号码在 Excel 里变成了数字，后几位已经丢失",
        "Excel took the number for an amount, and its last digits are lost",
    ),
    "old_number": Text(
        "15 位的旧身份证号，2013 年起停用", "a citizen number of 15 digits, out of use since 2013"
    ),
    "character": Text(
        "含有自造字（私用区字符），换一台机器就看不到",
        "has a character made on one machine, which no other can show",
    ),
    "reference": Text("所指的记录不存在", "refers to a record that is not known"),
    "conflict": Text(
        "同一批中主键相同而内容不同，无法判断哪条为准",
        "same key but different values within one delivery; which one holds cannot be told",
    ),
    "overlap": Text("有效期与另一条记录重叠", "its period overlaps that of another record"),
    "circle": Text("顺着承继关系绕回了自己", "what it refers to leads back to itself"),
    "left_out": Text(
        "一份完整的报送里没有这条记录，但其中有读不懂的部分，可能就是它",
        "a whole delivery lacks this record, but a part of it that could not be read may be it",
    ),
    "withdrawal": Text(
        "要撤回的记录不存在，或者是别人报的", "there is no such record to withdraw, or it is somebody else's"
    ),
    "columns": Text("这一行的列数与表头不一致", "the row has more or fewer fields than the header"),
    "encoding": Text("含有文件编码以外的字节", "has bytes that are not in the file's encoding"),
}

ROW_REMEDY: dict[str, Text] = {
    "required": Text("补上这个值", "fill in the value"),
    "type": Text("按约定的类型改正", "correct it to the agreed type"),
    "range": Text("核对数值", "check the number"),
    "future": Text("核对日期", "check the date"),
    "ahead": Text("核对年份", "check the year"),
    "pattern": Text("按约定的格式改正", "correct it to the agreed form"),
    "enum": Text("改为约定的选项之一", "use one of the agreed values"),
    "identifier": Text("核对号码", "check the number"),
    "digits": Text(
        "先把这一列设为文本格式，再从系统重新导出",
        "make the column text, then export it again from the system",
    ),
    "old_number": Text("换成 18 位公民身份号码", "use the citizen number of 18 digits"),
    "character": Text("换成 Unicode 里的正式汉字", "write it with the character that Unicode has"),
    "reference": Text(
        "所指的记录报来后，这一行自动接入；号码写错的请改正",
        "it is taken in by itself when the record it refers to comes; if the number is wrong, correct it",
    ),
    "conflict": Text("只保留正确的一条", "keep only the right one"),
    "overlap": Text("改正起止日期", "correct the dates"),
    "circle": Text("核对这几条里哪一条指错了", "check which of these records refers to the wrong one"),
    "left_out": Text(
        "还有效的，报送这条记录；已无效的，放进撤回名单",
        "if it still holds, send the record; if not, name it in a file of withdrawals",
    ),
    "withdrawal": Text("核对主键", "check the key"),
    "columns": Text("核对这一行的分隔符和引号", "check the delimiters and quotes of this row"),
    "encoding": Text("按一种编码重新导出", "export it again in one encoding"),
}

FILE: dict[str, Text] = {
    "file:unreadable": Text("文件读不了", "the file cannot be read"),
    "file:encoding": Text("无法识别文件编码", "the file's encoding cannot be told"),
    "file:columns": Text("缺少必需的列", "a required column is missing"),
    "file:format": Text("文件损坏，或内容与扩展名不符", "the file is broken, or not what its name claims"),
    "file:withdrawals": Text(
        "比已有的记录少得太多，等人确认", "it lacks so many records that somebody must confirm it"
    ),
    "file:class": Text("认不出这是哪一类数据", "which class of data this is cannot be told"),
}

FILE_REMEDY: dict[str, Text] = {
    "file:unreadable": Text(
        "检查文件和权限后重新报送", "check the file and the right to read it, and deliver it again"
    ),
    "file:encoding": Text(
        "另存为 UTF-8 或 GB18030 后重新报送", "save it as UTF-8 or GB18030 and deliver it again"
    ),
    "file:columns": Text(
        "按数据标准补齐列名后重新报送", "complete the headers as in the contract and deliver it again"
    ),
    "file:format": Text("重新导出并报送完整文件", "export the whole file again and deliver it"),
    "file:withdrawals": Text(
        "如果确实如此，加 --confirm-withdrawals 再报，或在“问题数据”页面确认；如果漏了，补全后再报",
        "if that is right, send it again with --confirm-withdrawals, or confirm it on the page Quarantine; if some are"
        " missing, complete it and send it again",
    ),
    "file:class": Text(
        "用类名开头命名文件，如 person-2024.csv",
        "begin the file's name with the class, as in person-2024.csv",
    ),
}


CELL = tuple(
    reason
    for reason in ROW
    if reason
    not in ("required", "reference", "conflict", "overlap", "circle", "left_out", "withdrawal", "columns")
)
"""Reasons that are about one cell: in an optional column such a fault costs the cell, not the row."""


def message(reason: str, contract: Contract) -> Text:
    """What ``reason`` means for a row of ``contract``; a broken row rule speaks for itself."""
    if reason.startswith("rule:"):
        rule = next((rule for rule in contract.row_rules if rule.id == reason[5:]), None)
        return rule.message if rule else Text(reason, reason)
    return ROW[reason]


def remedy(reason: str) -> Text:
    """What the department can do about ``reason``."""
    return ROW_REMEDY.get(reason, Text("核对并改正这一行", "check and correct the row"))
