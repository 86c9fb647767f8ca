/* plot.h - pictures, drawn by gnuplot: SVG, PNG, a page of HTML, or characters on a terminal.
 *
 * A plot is a list of panels, one under the other, each with its curves. Labels may hold anything; what is not finite is a hole in a curve.
 * Colours are those of Okabe and Ito (2008), which people tell apart who see few colours, and lines differ in their dashes too. The same
 * plot and the same gnuplot give the same bytes.
 */
#ifndef LSTMFC_CLI_PLOT_H
#define LSTMFC_CLI_PLOT_H

#include "lstmfc/date.h"
#include "lstmfc/error.h"
#include "lstmfc/text.h"

enum { PLOT_PANELS = 4 };

typedef enum PlotStyle { PLOT_LINE, PLOT_THIN, PLOT_DOTTED, PLOT_DASHED, PLOT_POINTS } PlotStyle;

/* What a curve shows; each has its colour. */
typedef enum PlotColor { PLOT_ACTUAL, PLOT_MODEL, PLOT_NAIVE, PLOT_WIDE, PLOT_MIDDLE, PLOT_NARROW, PLOT_TRAIN, PLOT_FAINT } PlotColor;

typedef struct PlotPanel {
    Text title;  /* quoted */
    Text settings;
    Text curves; /* what follows "plot" */
    Text plain;  /* the same for a terminal of characters, which fills no areas */
    size_t n_labels;
    bool dates;
    double first, last; /* of x */
} PlotPanel;

/* Zero-initialise. */
typedef struct Plot {
    PlotPanel panels[PLOT_PANELS];
    size_t n_panels, n_blocks;
    Text blocks; /* the numbers */
} Plot;

void plot_free(Plot *plot);

/* Begins a panel, which later curves go into. `dates`: x are Dates; `x_label` NULL = none. */
void plot_panel(Plot *plot, const char *title, const char *x_label, const char *y_label, bool dates);

/* A scale of powers of ten for the y axis of this panel. */
void plot_logarithmic(Plot *plot);

/* x[0..n) against y; label NULL = not in the legend. */
void plot_curve(Plot *plot, PlotStyle style, PlotColor color, const char *label, size_t n, const double *x, const double *y);

/* The area between low and high. */
void plot_band(Plot *plot, PlotColor color, const char *label, size_t n, const double *x, const double *low, const double *high);

/* A level line across the panel, and an upright one through all of it. */
void plot_level(Plot *plot, double y);
void plot_upright(Plot *plot, double x, const char *label);

/* Whether a picture can be drawn to `path` - .svg, .png, .html, or "term" - so that hours of work do not end in it: ERROR_USAGE for another
 * ending, ERROR_FILE where gnuplot or the folder is missing. NULL is fine. */
bool plot_check(const char *path, Error *error);

/* Whether gnuplot is there; ERROR_FILE. */
bool plot_ready(Error *error);

/* Whether `path` asks for characters among what is printed. */
bool plot_prints(const char *path);

/* Draws to the file, whole or not at all. `title` is the page's. ERROR_FILE with gnuplot's own words where it fails. */
bool plot_draw(const Plot *plot, const char *path, const char *title, Error *error);

/* Appends the drawing to `text`. */
bool plot_svg(const Plot *plot, Text *text, Error *error);
bool plot_print(const Plot *plot, Text *text, Error *error);

#endif
