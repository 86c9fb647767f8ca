# Writes dm.json: Diebold-Mariano tests, Theil's U and MASE by R's package forecast; smoothing, regression and adjusted p-values by base R.
#
#     Rscript make_dm.R        (forecast >= 8.20)

suppressMessages(library(forecast))
RNGkind("Mersenne-Twister", "Inversion", "Rejection")
set.seed(20240607)

number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
array <- function(x) paste0("[", paste(number(x), collapse = ","), "]")
text <- function(x) paste0("\"", x, "\"")
object <- function(...) {
    parts <- list(...)
    paste0("{", paste(sprintf("\"%s\":%s", names(parts), unlist(parts)), collapse = ","), "}")
}
list_of <- function(parts) paste0("[", paste(unlist(parts), collapse = ",\n"), "]")

# The variance that dm.test would use where its "acf" estimate is not positive (it then goes on with h = 1; we use Bartlett's).
acf_variance <- function(e1, e2, h) {
    cov <- acf(e1^2 - e2^2, na.action = na.omit, lag.max = h - 1, type = "covariance", plot = FALSE)$acf[, , 1]
    sum(c(cov[1], 2 * cov[-1]))
}

dm <- function(name, e1, e2, h) {
    varestimator <- if (acf_variance(e1, e2, h) > 0) "acf" else "bartlett"
    t <- dm.test(e1, e2, alternative = "two.sided", h = h, power = 2, varestimator = varestimator)
    object(name = text(name), h = number(h), varestimator = text(varestimator), e1 = array(e1), e2 = array(e2),
           statistic = number(unname(t$statistic)), p = number(unname(t$p.value)))
}

cases <- list()
for (h in c(1, 2, 5)) {
    for (n in c(12, 60, 250)) {
        shared <- as.numeric(stats::filter(rnorm(n + h - 1), rep(1, h), sides = 1))[h:(n + h - 1)]
        cases <- c(cases, dm("moving averages", 1.1 * shared + 0.2 * rnorm(n), shared + 0.1 * rnorm(n), h))
        cases <- c(cases, dm("independent", rnorm(n), 1.4 * rnorm(n), h))
    }
    fit1 <- residuals(ets(WWWusage))
    fit2 <- residuals(auto.arima(WWWusage))
    cases <- c(cases, dm("WWWusage, of the help page of dm.test", as.numeric(fit1), as.numeric(fit2), h))
    naive_lynx <- diff(as.numeric(log(lynx)))
    cases <- c(cases, dm("log lynx, AR(2) and naive", as.numeric(residuals(Arima(log(lynx), c(2, 0, 0))))[-1], naive_lynx, h))
}
alternating <- ifelse(seq_len(30) %% 2 == 0, 1, 2) + 0.01 * rnorm(30)
cases <- c(cases, dm("alternating", alternating, rep(1.4, 30), 2))

accurate <- function(name, training, actual, forecast) {
    a <- accuracy(structure(list(mean = ts(forecast, start = length(training) + 1), x = ts(training), fitted = ts(training), residuals = ts(0 * training)), class = "forecast"),
                  ts(actual, start = length(training) + 1))
    object(name = text(name), training = array(training), actual = array(actual), forecast = array(forecast),
           mae = number(a["Test set", "MAE"]), mase = number(a["Test set", "MASE"]), theil = number(a["Test set", "Theil's U"]))
}
walk <- 100 + cumsum(rnorm(120))
measures <- list(
    accurate("walk", walk[1:80], walk[81:120], walk[80:119] + rnorm(40, sd = 0.5)),
    accurate("air passengers", as.numeric(AirPassengers)[1:100], as.numeric(AirPassengers)[101:144], as.numeric(AirPassengers)[89:132]))

smooth <- function(name, x) {
    fit <- HoltWinters(ts(x), gamma = FALSE, beta = FALSE, l.start = x[1])
    d <- diff(x)
    line <- coef(lm(d[-1] ~ d[-length(d)]))
    object(name = text(name), x = array(x), alpha = number(unname(fit$alpha)), sse = number(fit$SSE), last = number(unname(fit$coefficients[1])),
           c = number(unname(line[1])), phi = number(unname(line[2])))
}
series <- list(smooth("Nile", as.numeric(Nile)), smooth("lynx", as.numeric(lynx)), smooth("LakeHuron", as.numeric(LakeHuron)),
               smooth("noisy level", 50 + cumsum(0.2 * rnorm(300)) + rnorm(300)))

seasons <- list(object(name = text("AirPassengers"), season = "12", x = array(as.numeric(AirPassengers))),
                object(name = text("co2"), season = "12", x = array(as.numeric(co2))),
                object(name = text("nottem"), season = "12", x = array(as.numeric(nottem))),
                object(name = text("UKgas"), season = "4", x = array(as.numeric(UKgas))),
                object(name = text("DAX, daily"), season = "0", x = array(as.numeric(EuStockMarkets[, 1]))),
                object(name = text("FTSE, daily"), season = "0", x = array(as.numeric(EuStockMarkets[, 4]))),
                object(name = text("Nile"), season = "0", x = array(as.numeric(Nile))))

adjust <- function(name, p) object(name = text(name), p = array(p), holm = array(p.adjust(p, "holm")), bh = array(p.adjust(p, "BH")))
adjusted <- list(
    adjust("Benjamini and Hochberg 1995, section 3.2", c(.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1)),
    adjust("ties and NaN", c(.03, NA, .01, .03, .2, .01, 1, NA, 0)), adjust("one", .04), adjust("many", sample(c(runif(60), rbeta(20, .1, 3)))))

writeLines(object(versions = object(R = text(as.character(getRversion())), forecast = text(as.character(packageVersion("forecast")))),
                  diebold_mariano = list_of(cases), accuracy = list_of(measures), series = list_of(series), seasons = list_of(seasons),
                  adjust = list_of(adjusted)), "dm.json")
