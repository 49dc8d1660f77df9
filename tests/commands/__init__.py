import pytest

pytest.register_assert_rewrite("tests.commands.exchange_contract", "tests.commands.heard")
