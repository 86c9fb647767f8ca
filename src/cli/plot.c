#include "plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/file.h"

#include "page.h"
#include "process.h"
#include "setup.h"

enum {
    WIDTH = 960,
    HEIGHT = 320,
    COLUMNS = 100,
    LINES = 26,
    DAY = 86400,
    SHORT = 200,
    LONG = 3000,
    /* days; gnuplot cuts fewer into parts of a year */ LEGEND = 4
};

typedef enum PlotMedium { MEDIUM_SVG, MEDIUM_PNG, MEDIUM_PAGE, MEDIUM_TERMINAL, MEDIUM_NONE } PlotMedium;

static const char *const colors[] = {[PLOT_ACTUAL] = "#000000", [PLOT_MODEL] = "#0072b2", [PLOT_NAIVE] = "#d55e00",
                                     [PLOT_WIDE] = "#cfe8f7", [PLOT_MIDDLE] = "#97cdf0", [PLOT_NARROW] = "#56b4e9",
                                     [PLOT_TRAIN] = "#009e73", [PLOT_FAINT] = "#999999"};

static const char *const styles[] = {[PLOT_LINE] = "lines lw 1.8",
                                     [PLOT_THIN] = "lines lw 0.7",
                                     [PLOT_DOTTED] = "lines lw 1.4 dt (9,9)",
                                     [PLOT_DASHED] = "lines lw 1.6 dt (8,5)",
                                     [PLOT_POINTS] = "linespoints pt 7 ps 0.5 lw 1.6"};

void plot_free(Plot *plot) {
    for (size_t i = 0; i < plot->n_panels; i++) {
        text_free(&plot->panels[i].title);
        text_free(&plot->panels[i].settings);
        text_free(&plot->panels[i].curves);
        text_free(&plot->panels[i].plain);
    }
    text_free(&plot->blocks);
    *plot = (Plot){0};
}

/* ---- panels and curves ---- */

/* In single quotes gnuplot takes everything as it is. */
static void put_quoted(Text *script, const char *text) {
    char safe[512];
    text_escape(text, strlen(text), safe, sizeof safe);
    text_puts(script, "'");
    for (const char *at = safe; *at; at++) text_append(script, *at == '\'' ? "''" : at, *at == '\'' ? 2 : 1);
    text_puts(script, "'");
}

static void put_setting(Text *script, const char *name, const char *text) {
    text_printf(script, "set %s ", name);
    put_quoted(script, text ? text : "");
    text_puts(script, "\n");
}

static PlotPanel *current(Plot *plot) {
    return &plot->panels[plot->n_panels - 1];
}

void plot_panel(Plot *plot, const char *title, const char *x_label, const char *y_label, bool dates) {
    plot->n_panels++;
    PlotPanel *panel = current(plot);
    *panel = (PlotPanel){.dates = dates, .first = INFINITY, .last = -INFINITY};
    put_quoted(&panel->title, title);
    put_setting(&panel->settings, "xlabel", x_label);
    put_setting(&panel->settings, "ylabel", y_label);
}

void plot_logarithmic(Plot *plot) {
    text_puts(&current(plot)->settings, "set logscale y\n");
}

static double place(const PlotPanel *panel, double x) {
    return panel->dates ? x * DAY : x;
}

static void put_number(Text *text, double value) {
    char number[32];
    text_printf(text, " %s", isfinite(value) ? text_double(value, number) : "NaN");
}

/* The numbers as a named block. */
static size_t put_block(Plot *plot, size_t n, const double *x, const double *y, const double *more) {
    PlotPanel *panel = current(plot);
    text_printf(&plot->blocks, "$b%zu << EOD\n", plot->n_blocks);
    for (size_t i = 0; i < n; i++) {
        put_number(&plot->blocks, place(panel, x[i]));
        put_number(&plot->blocks, y[i]);
        if (more) put_number(&plot->blocks, more[i]);
        text_puts(&plot->blocks, "\n");
        panel->first = fmin(panel->first, x[i]);
        panel->last = fmax(panel->last, x[i]);
    }
    text_puts(&plot->blocks, "EOD\n");
    return plot->n_blocks++;
}

static void put_label(PlotPanel *panel, Text *curves, const char *label) {
    if (label) {
        panel->n_labels += curves == &panel->curves;
        text_puts(curves, " title ");
        put_quoted(curves, label);
    } else {
        text_puts(curves, " notitle");
    }
}

static void begin_curve(Text *curves) {
    if (curves->length) text_puts(curves, ", ");
}

void plot_curve(Plot *plot, PlotStyle style, PlotColor color, const char *label, size_t n, const double *x, const double *y) {
    PlotPanel *panel = current(plot);
    Text *both[] = {&panel->curves, &panel->plain};
    const size_t block = put_block(plot, n, x, y, NULL);
    for (size_t i = 0; i < 2; i++) {
        begin_curve(both[i]);
        text_printf(both[i], "$b%zu using 1:2 with ", block);
        if (both[i] == &panel->curves) text_printf(both[i], "%s lc rgb '%s'", styles[style], colors[color]);
        else text_puts(both[i], "lines");
        put_label(panel, both[i], label);
    }
}

void plot_band(Plot *plot, PlotColor color, const char *label, size_t n, const double *x, const double *low, const double *high) {
    PlotPanel *panel = current(plot);
    const size_t block = put_block(plot, n, x, low, high);
    begin_curve(&panel->curves);
    text_printf(&panel->curves, "$b%zu using 1:2:3 with filledcurves fs solid noborder lc rgb '%s'", block, colors[color]);
    put_label(panel, &panel->curves, label);
    begin_curve(&panel->plain);
    text_printf(&panel->plain, "$b%zu using 1:2 with lines", block);
    put_label(panel, &panel->plain, label);
    text_printf(&panel->plain, ", $b%zu using 1:3 with lines notitle", block);
}

void plot_level(Plot *plot, double y) {
    char number[32];
    PlotPanel *panel = current(plot);
    Text *both[] = {&panel->curves, &panel->plain};
    for (size_t i = 0; i < 2; i++) {
        begin_curve(both[i]);
        text_printf(both[i], "%s with lines lw 0.8 lc rgb '%s' notitle", text_double(y, number), colors[PLOT_FAINT]);
    }
}

void plot_upright(Plot *plot, double x, const char *label) {
    char number[32];
    PlotPanel *panel = current(plot);
    const char *at = text_double(place(panel, x), number);
    text_printf(&panel->settings, "set arrow from first %s,graph 0 to first %s,graph 1 nohead back lw 0.8 dt (3,4) lc rgb '%s'\n", at, at,
                colors[PLOT_FAINT]);
    if (!label) return;
    text_puts(&panel->settings, "set label ");
    put_quoted(&panel->settings, label);
    text_printf(&panel->settings, " at first %s,graph 0.96 offset character 0.6,0 tc rgb '#595959'\n", at);
}

/* ---- what gnuplot is told ---- */

static void put_range(Text *script, const PlotPanel *panel) {
    char first[32], last[32];
    const double days = panel->last - panel->first, room = panel->dates ? 0 : 0.02 * days;
    if (days > 0)
        text_printf(script, "set xrange [%s:%s]\n", text_double(place(panel, panel->first - room), first),
                    text_double(place(panel, panel->last + room), last));
    else text_puts(script, "set xrange [*:*]\n");
    if (panel->dates && days <= SHORT) text_printf(script, "set xtics %.0f time format '%%Y-%%m-%%d'\n", DAY * ceil((days + 1) / 7));
    else if (panel->dates) text_printf(script, "set xtics autofreq time format '%s'\n", days > LONG ? "%Y" : "%Y-%m");
    else text_puts(script, "set xtics autofreq numeric format '%g'\n");
}

static void put_panel(Text *script, const PlotPanel *panel, bool plain) {
    const size_t more = panel->n_labels > LEGEND ? 1 : 0; /* rows of the legend, which stands between the title and the panel */
    const Text *curves = plain ? &panel->plain : &panel->curves;
    text_puts(script, "unset logscale\nunset arrow\nunset label\n");
    put_range(script, panel);
    if (panel->title.failed || panel->settings.failed || curves->failed || !curves->data) script->failed = true;
    else
        text_printf(script, "set tmargin %.1f\nset label %s at graph 0,1 left offset character 0,%.1f\n%splot %s\n",
                    plain ? 2.0 : 4.2 + 1.2 * (double)more, panel->title.data, (plain ? 1.0 : 2.2) + 1.2 * (double)more,
                    panel->settings.data, curves->data);
}

static void put_terminal(Text *script, PlotMedium medium, size_t n_panels) {
    const size_t height = HEIGHT * n_panels;
    if (medium == MEDIUM_TERMINAL) text_printf(script, "set terminal dumb noenhanced size %d,%d\n", COLUMNS, LINES);
    else if (medium == MEDIUM_PNG)
        text_printf(script, "set terminal pngcairo noenhanced size %d,%zu fontscale 1 font 'sans,11' background '#ffffff'\n", WIDTH,
                    height);
    else text_printf(script, "set terminal svg noenhanced size %d,%zu dynamic font 'sans-serif,13' background '#ffffff'\n", WIDTH, height);
}

static void put_script(Text *script, const Plot *plot, PlotMedium medium) {
    const bool plain = medium == MEDIUM_TERMINAL;
    put_terminal(script, medium, plot->n_panels);
    text_puts(script, "set encoding utf8\nset locale 'C'\nset decimalsign '.'\nset datafile missing '?'\n");
    if (!plain)
        text_puts(
            script,
            "set border 3 lc rgb '#595959'\nset grid lc rgb '#d0d0d0' lw 0.6 dt solid\nset tics nomirror textcolor rgb '#333333'\nset key at graph 0,1.03 left bottom Left reverse horizontal maxrows 2 samplen 2.5\n"
            "set lmargin 12\nset rmargin 5\n");
    text_append(script, plot->blocks.data, plot->blocks.length);
    if (plot->blocks.failed) script->failed = true;
    if (!plain && plot->n_panels > 1) text_printf(script, "set multiplot layout %zu,1\n", plot->n_panels);
    for (size_t i = 0; i < plot->n_panels; i++) put_panel(script, &plot->panels[i], plain);
    if (!plain && plot->n_panels > 1) text_puts(script, "unset multiplot\n");
}

/* gnuplot's own words without the place in a script that nobody sees: the last line that says something. */
static bool refuse(const Text *complaints, int status, Error *error) {
    char words[256];
    const char *last = complaints->data ? complaints->data : "";
    for (const char *at = last; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
        if (strspn(at, " \t\n^") < strlen(at) && !strchr(" \t\n^", *at)) last = at;
    text_escape(last, strcspn(last, "\n"), words, sizeof words);
    return error_set(error, ERROR_FILE, NULL, "gnuplot failed with exit code %d%s%s", status, *words ? ": " : "", words);
}

static bool missing(Error *error) {
    return error_set(error, ERROR_FILE, "apt-get install gnuplot-nox", "pictures are drawn by 'gnuplot', which is not installed");
}

bool plot_ready(Error *error) {
    return process_exists("gnuplot") || missing(error);
}

static bool run(const Plot *plot, PlotMedium medium, Text *out, Error *error) {
    static const char *const argv[] = {"gnuplot", "-d", "-", NULL};
    Text script = {0}, complaints = {0};
    int status = 0;
    put_script(&script, plot, medium);
    bool ok = script.failed             ? error_memory(error, "the picture")
              : process_exists(argv[0]) ? process_run(argv, &script, out, &complaints, &status, error)
                                        : missing(error);
    if (ok && (status != 0 || out->length == 0)) ok = refuse(&complaints, status, error);
    text_free(&script);
    text_free(&complaints);
    return ok;
}

/* ---- files ---- */

bool plot_prints(const char *path) {
    return path && strcmp(path, "term") == 0;
}

static PlotMedium medium_of(const char *path) {
    static const struct {
        const char *ending;
        PlotMedium medium;
    } endings[] = {{".svg", MEDIUM_SVG}, {".png", MEDIUM_PNG}, {".html", MEDIUM_PAGE}, {".htm", MEDIUM_PAGE}};
    const char *dot = strrchr(path, '.');
    if (plot_prints(path)) return MEDIUM_TERMINAL;
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (text_compare_nocase(dot, endings[i].ending) == 0) return endings[i].medium;
    return MEDIUM_NONE;
}

bool plot_check(const char *path, Error *error) {
    char shown[128];
    if (!path) return true;
    if (medium_of(path) == MEDIUM_NONE)
        return error_set(error, ERROR_USAGE, "the ending says what to draw; 'term' draws on the terminal",
                         "'plot' wants a file that ends in .svg, .png or .html, not '%s'",
                         text_escape(path, strlen(path), shown, sizeof shown));
    return plot_ready(error) && (plot_prints(path) || setup_target(path, error));
}

static bool draw_page(const Plot *plot, const char *title, Text *out, Error *error) {
    Text svg = {0};
    const bool ok = plot_svg(plot, &svg, error);
    if (ok) {
        page_begin(out, title);
        page_picture(out, &svg, 1, title);
        page_end(out);
    }
    text_free(&svg);
    return ok;
}

bool plot_draw(const Plot *plot, const char *path, const char *title, Error *error) {
    const PlotMedium medium = medium_of(path);
    Text out = {0};
    bool ok = medium == MEDIUM_PAGE ? draw_page(plot, title, &out, error) : run(plot, medium, &out, error);
    if (ok) ok = out.failed ? error_memory(error, "the picture") : file_write(path, out.data, out.length, error);
    text_free(&out);
    return ok;
}

bool plot_svg(const Plot *plot, Text *text, Error *error) {
    return run(plot, MEDIUM_SVG, text, error);
}

bool plot_print(const Plot *plot, Text *text, Error *error) {
    Text drawn = {0};
    const bool ok = run(plot, MEDIUM_TERMINAL, &drawn, error);
    if (ok) {
        /* a form feed stands before each panel */
        for (const char *at = drawn.data; *at; at++)
            if (*at != '\f') text_append(text, at, 1);
    }
    text_free(&drawn);
    return ok;
}
