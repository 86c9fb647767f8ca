"""make_nyse.py: the weekdays without a session on the New York Stock Exchange, as pandas_market_calendars and exchange_calendars have them.

    pip install pandas_market_calendars exchange_calendars
    python make_nyse.py > nyse.json
"""
import json

import exchange_calendars
import pandas
import pandas_market_calendars

FIRST, LAST = "1953-01-01", "2045-12-31"
nyse = pandas_market_calendars.get_calendar("NYSE")
sessions = set(nyse.valid_days(FIRST, LAST).tz_localize(None))
closed = [d for d in pandas.bdate_range(FIRST, LAST) if d not in sessions]
other = exchange_calendars.get_calendar("XNYS", start="1990-01-02", end="2026-12-31")
check = [d for d in pandas.bdate_range("1990-01-02", "2026-12-31") if d not in set(other.sessions)]
apart = sorted(set(check) ^ {d for d in closed if pandas.Timestamp("1990-01-02") <= d <= pandas.Timestamp("2026-12-31")})
print(json.dumps({"source": f"pandas_market_calendars {pandas_market_calendars.__version__}, exchange_calendars {exchange_calendars.__version__}", "first": FIRST, "last": LAST,
                  "apart_1990_2026": [str(d.date()) for d in apart], "closed": [str(d.date()) for d in closed]}, indent=0))
