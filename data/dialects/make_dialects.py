#!/usr/bin/env python3
"""Writes the files of this folder and expected.json: one invented security as each vendor would write it.

The numbers expected are those of ROWS below; nothing here reads a file back. Run it in the folder."""
import json

# date, open, high, low, close, adjusted close, volume
ROWS = [("2024-01-11", 186.54, 187.05, 183.62, 185.59, 184.53, 49128400), ("2024-01-12", 186.06, 186.74, 185.19, 185.92, 184.86, 40444700),
        ("2024-01-16", 182.16, 184.26, 180.93, 183.63, 182.58, 65603000), ("2024-01-17", 181.27, 182.93, 180.31, 182.68, 181.64, 47317400),
        ("2024-01-18", 186.09, 189.14, 185.83, 188.63, 187.55, 78005800), ("2024-01-19", 189.33, 191.95, 188.82, 191.56, 190.46, 68741000),
        ("2024-01-22", 192.35, 195.33, 192.26, 193.89, 192.78, 60133900)]
UP, DOWN = ROWS, ROWS[::-1]
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
OPEN, HIGH, LOW, CLOSE, ADJUSTED, VOLUME = 1, 2, 3, 4, 5, 6
expected = []


def iso(row): return row[0]
def parts(row): return row[0].split("-")
def us(row): y, m, d = parts(row); return f"{m}/{d}/{y}"
def us_short(row): y, m, d = parts(row); return f"{int(m)}/{int(d)}/{y}"
def us_two(row): y, m, d = parts(row); return f"{m}/{d}/{y[2:]}"
def eu(row): y, m, d = parts(row); return f"{d}.{m}.{y}"
def eu_two(row): y, m, d = parts(row); return f"{d}.{m}.{y[2:]}"
def uk(row): y, m, d = parts(row); return f"{d}/{m}/{y}"
def dash(row): y, m, d = parts(row); return f"{d}-{m}-{y}"
def compact(row): return row[0].replace("-", "")
def named(row): y, m, d = parts(row); return f"{MONTHS[int(m) - 1]} {d}, {y}"
def pasted(row): y, m, d = parts(row); return f"{MONTHS[int(m) - 1]} {int(d)}, {y}"
def indian(row): y, m, d = parts(row); return f"{d}-{MONTHS[int(m) - 1]}-{y}"
def british(row): y, m, d = parts(row); return f"{int(d)} {MONTHS[int(m) - 1]} {y}"
def days(row):
    import datetime
    return (datetime.date.fromisoformat(row[0]) - datetime.date(1970, 1, 1)).days


def two(x): return f"{x:.2f}"
def six(x): return f"{x:.6f}"
def four(x): return f"{x:.4f}"
def short(x): return f"{x:g}"
def comma(x): return f"{x:.2f}".replace(".", ",")
def thousands(x, scale=10): return f"{x * scale:,.2f}"
def german(x, scale=10): return thousands(x, scale).translate(str.maketrans(",.", ".,"))
def swiss(x, scale=10): return thousands(x, scale).replace(",", "'")
def lakh(n):
    s = str(n); head, tail = s[:-3], s[-3:]; out = []
    while len(head) > 2: out.insert(0, head[-2:]); head = head[:-2]
    return ",".join(([head] if head else []) + out + [tail])
def table(head, rows, line, end="\n"): return head + end + "".join(line(r) + end for r in rows)


def good(name, text, want, column=CLOSE, scale=1, values=None, encoding="utf-8", rows=None, **options):
    data = text if isinstance(text, bytes) else text.encode(encoding)
    open(name, "wb").write(data)
    rows = ROWS if rows is None else rows
    numbers = [round(r[column] * scale, 6) for r in rows] if values is None else values
    expected.append({"file": name, "target": want, "dates": [r[0] for r in rows], "values": numbers, **({"options": options} if options else {})})


def bad(name, text, line, says, cure, encoding="utf-8", **options):
    data = text if isinstance(text, bytes) else text.encode(encoding)
    open(name, "wb").write(data)
    expected.append({"file": name, "refused": {"line": line, "says": says, "cure": cure}, **({"options": options} if options else {})})


# ---- the United States
YAHOO = "Date,Open,High,Low,Close,Adj Close,Volume"
def yahoo(r): return ",".join([iso(r)] + [six(x) for x in r[1:6]] + [str(r[6])])
good("yahoo.csv", table(YAHOO, UP, yahoo), "Adj Close", ADJUSTED)
good("yahoo_target.csv", table(YAHOO, UP, yahoo), "Close", target="Close")
good("yahoo_null_row.csv", table(YAHOO, UP[:3], yahoo) + "2024-01-17,null,null,null,null,null,null\n" + table(yahoo(UP[4]), UP[5:], yahoo), "Adj Close", ADJUSTED,
     rows=UP[:3] + UP[4:], missing="drop")
good("yahoo_pasted.tsv", "Date\tOpen\tHigh\tLow\tClose*\tAdj Close**\tVolume\n" + "".join(
    "\t".join([pasted(r)] + [two(x) for x in r[1:6]] + [f"{r[6]:,}"]) + "\n" + ("Jan 17, 2024\t0.25 Dividend\n" if r[0] == "2024-01-18" else "") for r in DOWN)
    + "*Close price adjusted for splits.**Adjusted close price adjusted for splits and dividend and/or capital gain distributions.\n", "Adj Close", ADJUSTED)
good("yfinance.csv", "Price,Close,High,Low,Open,Volume\nTicker,MSFT,MSFT,MSFT,MSFT,MSFT\nDate,,,,,\n" + "".join(
    f"{r[0]},{r[4]!r},{r[2]!r},{r[3]!r},{r[1]!r},{r[6]}\n" for r in UP), "Close")
good("yfinance_zone.csv", table("Date,Open,High,Low,Close,Volume,Dividends,Stock Splits", UP, lambda r: f"{r[0]} 00:00:00-05:00,{r[1]},{r[2]},{r[3]},{r[4]},{r[6]},0.0,0.0"), "Close")
good("yfinance_tickers.csv", "Price,Close,Close,Volume,Volume\nTicker,AAPL,MSFT,AAPL,MSFT\nDate,,,,\n" + "".join(f"{r[0]},{r[4]},{r[4] * 2:.2f},{r[6]},{r[6]}\n" for r in UP), "Close", scale=2,
     series="MSFT")
good("nasdaq.csv", table("Date,Close/Last,Volume,Open,High,Low", DOWN, lambda r: f"{us(r)},${two(r[4])},{r[6]},${two(r[1])},${two(r[2])},${two(r[3])}", "\r\n"), "Close/Last")
good("nasdaq_index.csv", table("Date,Close/Last,Open,High,Low", DOWN, lambda r: f"{us(r)},{two(r[4] * 100)},{two(r[1] * 100)},{two(r[2] * 100)},{two(r[3] * 100)}"), "Close/Last", scale=100)
good("nasdaq_resaved.csv", table("Date,Close/Last,Volume,Open,High,Low", DOWN, lambda r: f"{us_short(r)},${short(r[4])},N/A,${short(r[1])},${short(r[2])},${short(r[3])}", "\r\n"), "Close/Last")
good("wsj.csv", table("Date, Open, High, Low, Close", DOWN, lambda r: f"{us_two(r)}, {two(r[1])}, {two(r[2])}, {two(r[3])}, {two(r[4])}"), "Close")
good("marketwatch.csv", table("Date,Open,High,Low,Close,Volume", DOWN, lambda r: f"{us(r)},\"{thousands(r[1])}\",\"{thousands(r[2])}\",\"{thousands(r[3])}\",\"{thousands(r[4])}\",\"{r[6]:,}\""), "Close",
     scale=10)
good("barchart.csv", table("Time,Open,High,Low,Latest,Change,%Change,Volume", DOWN, lambda r: f"{iso(r)},{r[1]},{r[2]},{r[3]},{r[4]},-0.33,-0.18%,{r[6]}")
     + "\"Downloaded from Barchart.com as of 01-23-2024 05:17pm CST\"\n", "Latest")
good("fred.csv", table("observation_date,SP500", UP[:2], lambda r: f"{iso(r)},{two(r[4])}") + "2024-01-15,.\n" + "".join(f"{iso(r)},{two(r[4])}\n" for r in UP[2:]), "SP500", missing="drop")
good("fred_old.csv", table("DATE,SP500", UP, lambda r: f"{iso(r)},{two(r[4])}"), "SP500")
good("alpha_vantage.csv", table("timestamp,open,high,low,close,volume", DOWN, lambda r: f"{iso(r)},{four(r[1])},{four(r[2])},{four(r[3])},{four(r[4])},{r[6]}", "\r\n"), "close")
good("alpha_vantage_adjusted.csv", table("timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient", DOWN,
     lambda r: f"{iso(r)},{four(r[1])},{four(r[2])},{four(r[3])},{four(r[4])},{four(r[5])},{r[6]},0.0000,1.0", "\r\n"), "adjusted_close", ADJUSTED)
good("tiingo.csv", table("date,close,high,low,open,volume,adjClose,adjHigh,adjLow,adjOpen,adjVolume,divCash,splitFactor", UP,
     lambda r: f"{iso(r)}T00:00:00.000Z,{r[4]},{r[2]},{r[3]},{r[1]},{r[6]},{r[5]},{r[2]},{r[3]},{r[1]},{r[6]},0.0,1.0", "\r\n"), "adjClose", ADJUSTED)
good("polygon_ns.csv", table("ticker,volume,open,close,high,low,window_start,transactions", UP, lambda r: f"ACME,{r[6]},{r[1]},{r[4]},{r[2]},{r[3]},{days(r) * 86400 + 18000}000000000,5000"), "close")
good("epoch_seconds.csv", table("timestamp,open,high,low,close,volume", UP, lambda r: f"{days(r) * 86400 + 52200},{r[1]},{r[2]},{r[3]},{r[4]},{r[6]}"), "close")
good("epoch_milliseconds.csv", table("time,close", UP, lambda r: f"{days(r) * 86400}000,{r[4]}"), "close")
good("epoch_microseconds.csv", table("time,close", UP, lambda r: f"{days(r) * 86400}000000,{r[4]}"), "close")
good("epoch_float.csv", table("timestamp,close", UP, lambda r: f"{days(r) * 86400}.0,{r[4]}"), "close")
good("googlefinance.csv", table("Date,Close", UP, lambda r: f"{us_short(r)} 16:00:00,{r[4]}", "\r\n"), "Close")
good("bloomberg.csv", "Security,ACME US Equity\nStart Date,1/11/2024\nEnd Date,1/22/2024\nPeriod,D\n\n" + table("Date,PX_LAST,PX_VOLUME", UP, lambda r: f"{us(r)},{r[4]},{r[6]}"), "PX_LAST")
good("bloomberg_na.csv", "Security,ACME US Equity\n\n" + table("Date,PX_LAST", UP[:2], lambda r: f"{us_short(r)},{r[4]}") + "1/15/2024,#N/A N/A\n"
     + "".join(f"{us_short(r)},{r[4]}\n" for r in UP[2:]), "PX_LAST", missing="drop")
good("excel_serial.csv", table("Date,Close", UP, lambda r: f"{days(r) + 25569},{r[4]}", "\r\n"), "Close")
good("excel_resaved.csv", table(YAHOO, UP, lambda r: f"{us_short(r)},{short(r[1])},{short(r[2])},{short(r[3])},{short(r[4])},{short(r[5])},{r[6]}", "\r\n"), "Adj Close", ADJUSTED)
good("excel_power.csv", table("Date,Close,Volume", UP, lambda r: f"{iso(r)},{r[4]},{r[6]:.2E}"), "Close")
good("mixed_padding.csv", table("Date,Close", UP, lambda r: f"{us_short(r) if r[0] < '2024-01-17' else us(r)},{r[4]}"), "Close")
good("kaggle_sp500.csv", table("date,open,high,low,close,volume,Name", UP, lambda r: f"{iso(r)},{r[1]},{r[2]},{r[3]},{r[4]},{r[6]},ACME"), "close")
good("kaggle_empty_open.csv", table("Date,Open,High,Low,Close,Volume,Name", UP, lambda r: f"{iso(r)},{'' if r[0] == '2024-01-17' else r[1]},{r[2]},{r[3]},{r[4]},{r[6]},ACME"), "Close")
good("long.csv", "date,close,Name\n" + "".join(f"{iso(r)},{r[4] * k:.2f},{n}\n" for k, n in ((1, "ACME"), (3, "OTHER")) for r in UP), "close", scale=3, series="OTHER")
good("accounting.csv", table("Date,Close,Change", UP, lambda r: f"{iso(r)},{r[4]},{'(1.25)' if int(r[0][-1]) % 2 else '$2.50'}"), "Change", values=[-1.25, 2.5, 2.5, -1.25, 2.5, -1.25, 2.5], target="Change")
good("google_stock_price.csv", table("Date,Open,High,Low,Close,Volume", UP, lambda r: f"{us_short(r)},{r[1]},{r[2]},{r[3]},\"{thousands(r[4])}\",\"{lakh(r[6])}\""), "Volume", VOLUME, target="Volume")
good("bom.csv", "\ufeff" + table(YAHOO, UP, yahoo), "Adj Close", ADJUSTED)
good("old_mac.csv", table("Date,Close", UP, lambda r: f"{iso(r)},{two(r[4])}", "\r"), "Close")
good("no_last_newline.csv", table("Date,Close", UP, lambda r: f"{iso(r)},{two(r[4])}")[:-1], "Close")
good("blank_lines.csv", table("Date,Close", UP, lambda r: f"{iso(r)},{two(r[4])}\n"), "Close")
good("byte_latin1.csv", table("Date;Close;Währung", UP, lambda r: f"{iso(r)};{two(r[4])};€".replace("€", "EUR")), "Close", encoding="latin-1")
# ---- Investing.com and its languages
good("investing.csv", "\ufeff" + table('"Date","Price","Open","High","Low","Vol.","Change %"', DOWN, lambda r: f'"{us(r)}","{thousands(r[4])}","{thousands(r[1])}","{thousands(r[2])}","{thousands(r[3])}","{r[6] / 1e6:.2f}M","-0.52%"'),
     "Price", scale=10)
good("investing_volume.csv", "\ufeff" + table('"Date","Price","Vol."', DOWN, lambda r: f'"{us(r)}","{r[4]}","{r[6] / 1e6:.2f}M"'), "Vol.", values=[round(r[6] / 1e6, 2) * 1e6 for r in UP], target="Vol.")
good("investing_names.csv", table('"Date","Price","Open","High","Low","Vol.","Change %"', DOWN, lambda r: f'"{named(r)}","{thousands(r[4])}","{thousands(r[1])}","{thousands(r[2])}","{thousands(r[3])}","-","1.52%"'),
     "Price", scale=10)
good("investing_de.csv", "\ufeff" + table('"Datum","Zuletzt","Eröffn.","Hoch","Tief","Vol.","+/- %"', DOWN, lambda r: f'"{eu(r)}","{german(r[4])}","{german(r[1])}","{german(r[2])}","{german(r[3])}","{comma(r[6] / 1e6)}M","-0,52%"'),
     "Zuletzt", scale=10)
good("investing_fr.csv", table('"Date","Dernier","Ouv.","Plus Haut","Plus Bas","Vol.","Variation %"', DOWN, lambda r: f'"{uk(r)}","{german(r[4])}","{german(r[1])}","{german(r[2])}","{german(r[3])}","","-0,52%"'),
     "Dernier", scale=10)
good("investing_es.csv", table('"Fecha","Último","Apertura","Máximo","Mínimo","Vol.","% var."', DOWN, lambda r: f'"{eu(r)}","{german(r[4])}","{german(r[1])}","{german(r[2])}","{german(r[3])}","","-0,52%"'),
     "Último", scale=10)
# ---- Europe
good("ariva.csv", "\ufeff" + table("Datum;Erster;Hoch;Tief;Schlusskurs;Stuecke;Volumen", DOWN, lambda r: f"{iso(r)};{comma(r[1])};{comma(r[2])};{comma(r[3])};{comma(r[4])};" + f"{r[6]:,}".replace(",", ".") + ";1.234,56"),
     "Schlusskurs")
good("ariva_short_years.csv", table("Datum;Erster;Hoch;Tief;Schlusskurs;Stuecke;Volumen", DOWN, lambda r: f"{eu_two(r)};{german(r[1])};{german(r[2])};{german(r[3])};{german(r[4])};500;1.234,56"), "Schlusskurs", scale=10)
good("onvista.csv", table("Datum;Eröffnung;Hoch;Tief;Schluss;Volumen", DOWN, lambda r: f"{eu(r)};{comma(r[1])};{comma(r[2])};{comma(r[3])};{comma(r[4])};{r[6]}"), "Schluss")
good("boerse_frankfurt.csv", table("Datum;Eröffnung;Tageshoch;Tagestief;Schluss;Umsatz;Umsatz in Stück", DOWN, lambda r: f"{eu(r)};{comma(r[1])} €;{comma(r[2])} €;{comma(r[3])} €;{comma(r[4])} €;1.234,56 €;{r[6]}"), "Schluss")
good("finanzen_net.csv", table("Datum\tEröffnung\tSchluss\tTageshoch\tTagestief\tVolumen", DOWN, lambda r: f"{eu(r)}\t{german(r[1])}\t{german(r[4])}\t{german(r[2])}\t{german(r[3])}\t-"), "Schluss", scale=10)
good("euronext.csv", "\ufeff\"Historical Data\"\n\"From 2024-01-11 to 2024-01-22\"\nFR0000000001\n" + table("Date;Open;High;Low;Last;Close;Number of Shares;Number of Trades;Turnover;vwap", DOWN,
     lambda r: f"{uk(r)};{r[1]};{r[2]};{r[3]};{r[4] + 0.01:.2f};{r[4]};{r[6]};5000;123456789.12;{r[4]}"), "Close")
good("nasdaq_nordic.csv", "sep=;\n" + table("Date;Bid;Ask;Opening price;High price;Low price;Closing price;Average price;Total volume;Turnover;Trades;", DOWN,
     lambda r: f"{iso(r)};{comma(r[4])};{comma(r[4])};{comma(r[1])};{comma(r[2])};{comma(r[3])};{comma(r[4])};;{r[6]};123456789,12;5000;"), "Closing price")
good("swiss.csv", table("Date;Open;High;Low;Close;Volume", UP, lambda r: f"{eu(r)};{swiss(r[1])};{swiss(r[2])};{swiss(r[3])};{swiss(r[4])};{r[6]}"), "Close", scale=10)
good("swiss_typographic.csv", table("Datum|Kurs", UP, lambda r: f"{eu(r)}|{swiss(r[4]).replace(chr(39), chr(0x2019))}"), "Kurs", scale=10)
good("french_nbsp.csv", table("date;ouverture;haut;bas;cloture;volume", DOWN, lambda r: f"{uk(r)};{german(r[1]).replace('.', chr(0xa0))};{german(r[2]).replace('.', chr(0xa0))};{german(r[3]).replace('.', chr(0xa0))};{german(r[4]).replace('.', chr(0xa0))};{r[6]}"),
     "cloture", scale=10)
good("narrow_nbsp.csv", table("Date;Close", UP, lambda r: f"{iso(r)};{thousands(r[4]).replace(',', chr(0x202f))}"), "Close", scale=10)
good("stooq.csv", table("Date,Open,High,Low,Close,Volume", UP, lambda r: f"{iso(r)},{short(r[1])},{short(r[2])},{short(r[3])},{short(r[4])},{r[6]}", "\r\n"), "Close")
good("stooq_pl.csv", table("Data,Otwarcie,Najwyzszy,Najnizszy,Zamkniecie,Wolumen", UP, lambda r: f"{iso(r)},{short(r[1])},{short(r[2])},{short(r[3])},{short(r[4])},{r[6]}"), "Zamkniecie")
good("stooq_bulk.txt", table("<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>", UP, lambda r: f"ACME.US,D,{compact(r)},000000,{r[1]},{r[2]},{r[3]},{r[4]},{r[6]},0", "\r\n"), "CLOSE")
good("gpw.csv", table("Nazwa,Data,Otwarcie,Najwyższy,Najniższy,Zamknięcie,Wolumen", UP, lambda r: f"ACME,{iso(r)},{r[1]},{r[2]},{r[3]},{r[4]},{r[6]}"), "Zamknięcie")
good("gpw_dashes.csv", table("Data;Nazwa;ISIN;Waluta;Kurs otwarcia;Kurs max;Kurs min;Kurs zamknięcia;Wolumen", DOWN, lambda r: f"{dash(r)};ACME;PL0000000001;PLN;{comma(r[1])};{comma(r[2])};{comma(r[3])};{comma(r[4])};{r[6]}"), "Kurs zamknięcia")
good("metastock.txt", table("<TICKER>,<DTYYYYMMDD>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>", UP, lambda r: f"ACME,{compact(r)},{r[1]},{r[2]},{r[3]},{r[4]},{r[6]}", "\r\n"), "CLOSE")
good("metatrader5.csv", table("<DATE>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>", UP, lambda r: f"{iso(r).replace('-', '.')}\t{r[1]:.5f}\t{r[2]:.5f}\t{r[3]:.5f}\t{r[4]:.5f}\t{r[6]}\t0\t2", "\r\n"), "CLOSE")
good("finam.csv", table("<TICKER>;<PER>;<DATE>;<TIME>;<OPEN>;<HIGH>;<LOW>;<CLOSE>;<VOL>", UP, lambda r: f"ACME;D;{compact(r)};000000;{r[1]:.7f};{r[2]:.7f};{r[3]:.7f};{r[4]:.7f};{r[6]}"), "CLOSE")
good("london.csv", table("Date,Open,High,Low,Close,Volume", DOWN, lambda r: f"{british(r)},{two(r[1])},{two(r[2])},{two(r[3])},{two(r[4])},{r[6]}"), "Close")
good("slot_nl.csv", table("Datum;Open;Hoog;Laag;Slotkoers;Volume", DOWN, lambda r: f"{dash(r)};{comma(r[1])};{comma(r[2])};{comma(r[3])};{comma(r[4])};{r[6]}"), "Slotkoers")
good("milano.csv", table("Data;Apertura;Max;Min;Chiusura;Volume", DOWN, lambda r: f"{uk(r)};{comma(r[1])};{comma(r[2])};{comma(r[3])};{comma(r[4])};{r[6]}"), "Chiusura")
# ---- Asia
good("shanghai.csv", table("日期,股票代码,名称,收盘价,最高价,最低价,开盘价,成交量", DOWN, lambda r: f"{iso(r)},'600000,浦发银行,{r[4]},{r[2]},{r[3]},{r[1]},{r[6]}"), "收盘价")
good("tokyo.csv", table("日付,始値,高値,安値,終値,出来高", UP, lambda r: f"{iso(r).replace('-', '/')},{r[1]},{r[2]},{r[3]},{r[4]},{r[6]}"), "終値")
# ---- India
good("nse.csv", "\ufeff" + table('"Date ","series ","OPEN ","HIGH ","LOW ","PREV. CLOSE ","ltp ","close ","vwap ","52W H ","52W L ","VOLUME ","VALUE ","No of trades "', DOWN,
     lambda r: f'"{indian(r)}","EQ","{thousands(r[1])}","{thousands(r[2])}","{thousands(r[3])}","{thousands(r[4] + 1)}","{thousands(r[4] - 1)}","{thousands(r[4])}","{thousands(r[4])}","2,000.00","1,000.00","{lakh(r[6])}","{lakh(r[6] * 10)}.50","{lakh(56789)}"'),
     "close", scale=10)
good("nse_tataglobal.csv", table("Date,Open,High,Low,Last,Close,Total Trade Quantity,Turnover (Lacs)", DOWN, lambda r: f"{iso(r)},{r[1]},{r[2]},{r[3]},{r[4] + 0.5:.2f},{r[4]},{r[6]},7162.35"), "Close")
good("bse.csv", table("Date,Open Price,High Price,Low Price,Close Price,WAP,No.of Shares,No. of Trades,Total Turnover (Rs.),Deliverable Quantity,% Deli. Qty to Traded Qty,Spread High-Low,Spread Close-Open,", DOWN,
     lambda r: f"{british(r).replace(' ', '-')},{r[1]},{r[2]},{r[3]},{r[4]},{r[4]},{r[6]},5000,123456789.00,20000,40.5,3.43,-0.95,"), "Close Price")

# ---- what no program should load
def close(r): return f"{iso(r)},{two(r[4])}"
FINE = table("Date,Close", UP, close)
bad("utf16.csv", FINE, 1, "UTF-16", "iconv", encoding="utf-16")
bad("utf16_no_mark.csv", FINE, 1, "UTF-16", "iconv", encoding="utf-16-le")
bad("json_note.csv", '{\n    "Note": "Thank you for using our API! Our standard call frequency is 5 calls per minute"\n}\n', 1, "JSON", "download it again")
bad("json_error.csv", '{"finance":{"error":{"code":"Unauthorized","description":"User is unable to access this feature"}}}', 1, "JSON", "download it again")
bad("html.csv", "<!DOCTYPE html>\n<html><head><title>Too many requests</title></head><body>Error</body></html>\n", 1, "HTML", "download it again")
bad("apikey.csv", "Get your apikey:\n\n1. Open https://example.com/\n2. Enter the captcha code.\n", 1, "message of the server", "download it again")
bad("no_data.csv", "No data\n", 1, "message of the server", "download it again")
bad("limit.csv", "Exceeded the daily hits limit\n", 1, "message of the server", "download it again")
bad("gzip.csv", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 1, "gzip", "gzip -dc")
bad("workbook.csv", b"PK\x03\x04\x14\x00\x06\x00", 1, "Excel", "save the sheet as CSV")
bad("empty.csv", b"", 0, "empty", "")
bad("header_only.csv", "Date,Close\n", 1, "no rows", "")
bad("no_header.csv", "".join(close(r) + "\n" for r in UP), 1, "no header", "put one above")
bad("day_or_month.csv", "Date,Close\n01/02/2024,5.5\n02/02/2024,5.6\n03/02/2024,5.7\n04/02/2024,5.8\n", 2, "cannot be told apart", "--date-format")
bad("thousands_or_decimals.csv", "Date;Close\n2024-01-11;1,234\n2024-01-12;1,235\n2024-01-16;1,236\n", 2, "separator of thousands", "--decimal")
bad("unquoted_thousands.csv", "Date,Close,Volume\n2024-01-11,185.59,49,128,400\n2024-01-12,185.92,40,444,700\n", 2, "too many fields", "quote fields")
bad("unquoted_decimal_comma.csv", "Datum,Schlusskurs\n11.01.2024,185,59\n12.01.2024,185,92\n", 2, "too many fields", "quote fields")
bad("several.csv", "date,close,Name\n" + "".join(f"{iso(r)},{r[4]},{n}\n" for n in ("ACME", "OTHER") for r in UP), 9, "several series", "--series")
bad("yfinance_several.csv", "Price,Close,Close\nTicker,AAPL,MSFT\nDate,,\n2024-01-11,185.59,384.63\n", 2, "several series", "--series")
bad("second_header.csv", FINE + table("Date,Close", [(f"2024-02-{r[0][8:]}",) + r[1:] for r in UP], close), 9, "not a date", "two files")
bad("concatenated.csv", FINE + "".join(f"{iso(r)},{r[4] * 3:.2f}\n" for r in UP), 9, "stands behind", "--sort")
bad("lines_merged.csv", FINE.replace("185.92\n", "185.92", 1), 3, "too many fields", "")
bad("cut_off.csv", FINE[:-4], 8, "cut off", "fetch it again")
bad("cut_row.csv", table(YAHOO, UP, yahoo)[:-40], 8, "too few fields", "cut")
bad("quote_open.csv", FINE.replace("183.63", '"183.63'), 4, "quote never closed", "line it begins on")
bad("newline_in_quotes.csv", FINE.replace("183.63", '"183.\n63"'), 4, "quote never closed", "line it begins on")
bad("nul.csv", FINE.replace("183.63", "183\0.63"), 4, "NUL", "damaged")
bad("minus_for_digit.csv", FINE.replace("183.63", "-83.63"), 4, "minus", "--negatives")
bad("blank_for_digit.csv", FINE.replace("183.63", " 83.63"), 4, "begins with a blank", "digit")
bad("blank_behind_dollar.csv", FINE.replace(",1", ",$1").replace("$183.63", "$ 83.63"), 4, "begins with a blank", "digit")
bad("letter_for_digit.csv", FINE.replace("183.63", "183.6M"), 4, "power of ten", "digit")
bad("excel_error.csv", FINE.replace("183.63", "#REF!"), 4, "not a number", "mend")
bad("excel_hashes.csv", FINE.replace("183.63", "########"), 4, "not a number", "mend")
bad("missing.csv", FINE.replace("183.63", "N/A"), 4, "has no value", "--missing")
bad("shifted.csv", table("Date,Open,High,Low,Close,Volume", UP, lambda r: f"{iso(r)},{r[1]},{r[2]},{r[3]},{r[4]},{r[6]}" if r[0] != "2024-01-17" else f"{iso(r)},{r[1]},{r[2]},{r[4]},{r[6]},"), 5, "too far left", "mend")
bad("other_decimal_mark.csv", "Datum;Kurs\n11.01.2024;185,59\n12.01.2024;185,92\n16.01.2024;183.63\n17.01.2024;182,68\n", 4, "not a number", "mend")
bad("mixed_dates.csv", "Date,Close\n01-11-2024,185.59\n01-12-2024,185.92\n1/16/2024,183.63\n1/17/2024,182.68\n1/18/2024,188.63\n", 2, "not a date like the others", "--date-format")
bad("swapped_days.csv", "Date,Close\n12/26/2023,5.5\n12/27/2023,5.6\n12/28/2023,5.7\n12/29/2023,5.8\n02/01/2024,5.9\n", 6, "day and month exchanged", "--date-format")
bad("two_values.csv", FINE + "2024-01-22,193.90\n", 9, "stands twice", "")
bad("disorder.csv", "Date,Close\n2024-01-11,1.5\n2024-01-16,1.6\n2024-01-12,1.7\n2024-01-17,1.8\n", 4, "stands behind", "--sort")
bad("no_price.csv", table("Date,Open,High", UP, lambda r: f"{iso(r)},{r[1]},{r[2]}"), 1, "no column 'Close'", "--target")
bad("no_date.csv", "Close,Open\n5.5,5.4\n5.6,5.5\n", 1, "no column of dates", "--date")
bad("pipe_of_words.csv", "This file has moved.\n", 1, "only one column", "--delimiter")
json.dump(expected, open("expected.json", "w"), indent=1, ensure_ascii=False)
open("expected.json", "a").write("\n")
print(len(expected), "files")
