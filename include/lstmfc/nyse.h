/* nyse.h - the days on which the New York Stock Exchange is closed, from its rules.
 *
 * Exact from 1953 on, when the five-day week was new, against the calendars of pandas_market_calendars and exchange_calendars
 * (tests/golden/nyse.json). The holidays of rule 7.2: New Year's Day, Martin Luther King Jr. Day (from 1998), Washington's Birthday, Good
 * Friday, Memorial Day, Juneteenth (from 2022), Independence Day, Labor Day, Thanksgiving and Christmas. A holiday on a Sunday is kept on
 * the Monday, one on a Saturday on the Friday before (since 1954), but a New Year's Day on a Saturday not at all. Election Day counts to
 * 1968 and in 1972, 1976 and 1980; Lincoln's Birthday, Columbus Day and Veterans Day in 1953. Beside the rules stands a table of closings
 * that had a reason of their own (funerals, storms, blackouts, the attacks of 2001): complete for the past as far as known, and of no use
 * for the future, for which --holidays takes a list. Days with an early close have a session.
 */
#ifndef LSTMFC_NYSE_H
#define LSTMFC_NYSE_H

#include <stdbool.h>

#include "lstmfc/date.h"

/* Whether a day from Monday to Friday is closed; weekends are not asked about. */
bool nyse_closed(Date date);

#endif
