"""A stand-in for Excel's own objects, which keeps what is set and called; xlwings for Windows runs on top of it."""

from typing import Any

ANSWERS = {
    "Address": "$A$1:$B$2",
    "Calculation": -4105,  # xlCalculationAutomatic
    "Column": 1,
    "ColumnWidth": 10.0,
    "Count": 2,
    "Hwnd": 1,
    "Index": 2,
    "Left": 1.0,
    "Name": "Book1",
    "Row": 1,
    "ScreenUpdating": True,
    "StatusBar": False,
    "Top": 1.0,
    "Value": ((0.04, 0.0), (0.0, 0.01)),
}


class Com:
    """Any object of Excel's: a property is an answer from the list, or another object; all is written down."""

    def __init__(self, log: list[tuple[str, Any]], path: str = "Application") -> None:
        self.__dict__.update(_log=log, _path=path)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return ANSWERS.get(name, Com(self.__dict__["_log"], f"{self.__dict__['_path']}.{name}"))

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__["_log"].append((name, value))

    def __call__(self, *args: Any, **named: Any) -> "Com":
        self.__dict__["_log"].append((f"{self.__dict__['_path'].rpartition('.')[2]}()", args))
        return Com(self.__dict__["_log"], f"{self.__dict__['_path']}()")

    def __iter__(self) -> Any:
        return iter(())
