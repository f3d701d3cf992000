"""What is masked shows enough to recognise, too little to use."""

import pytest

from jigong.accounts.masking import mask_bank, mask_mobile, mask_name, mask_number


@pytest.mark.parametrize(
    ("name", "shown"),
    [("张三", "张*"), ("王小明", "王**"), ("欧阳建国", "欧**国"), ("阿卜杜拉·买买提", "阿******提"), ("李", "*"), ("", "*")],
)  # fmt: skip
def test_names(name, shown):
    assert mask_name(name) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [("330114199003071236", "**************1236"), ("12345678", "********"), ("", "")]
)
def test_numbers(number, shown):
    assert mask_number(number) == shown


@pytest.mark.parametrize(("mobile", "shown"), [("13800001234", "138****1234"), ("1234567", "*******")])
def test_mobiles(mobile, shown):
    assert mask_mobile(mobile) == shown


def test_bank_accounts():
    assert mask_bank("1234") == "**** 1234"
