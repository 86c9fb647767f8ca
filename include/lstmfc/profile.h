/* profile.h - what a season adds to a level at each of its places, where it is the same every year: temperatures, daylight.
 *
 * A mean over seasons of the changes at each place, their sum over one season made 0, summed up to levels whose mean is 0 (classical
 * decomposition; Persons 1919). Of which place a row is, its own last rows say: the place whose profile leaves least of them. So no row is
 * counted and no date read: rows may be missing or begin anywhere, and a forecast needs no more than its window.
 */
#ifndef LSTMFC_PROFILE_H
#define LSTMFC_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

enum { PROFILE_PLACES = 60 };

typedef struct Profile {
    size_t length;                 /* of a season in rows, 2 .. PROFILE_PLACES; 0 = there is none: it adds 0 */
    double levels[PROFILE_PLACES];
    /* places are found by levels around their mean, not by changes: what wanders is known by these, what returns by those */
    bool by_levels;
} Profile;

/* The length, from 2 to `most` and less than half of n, whose profile of z[n] says most of its changes by the mean of AIC and BIC; 0 = none
 * says more than it costs. */
size_t profile_season(const double *z, size_t n, size_t most);

/* Of z[n], n > length; row t has place t % length. */
void profile_fit(Profile *profile, const double *z, size_t n, size_t length);

/* The place of the row behind z[n], by these n rows. */
size_t profile_place(const Profile *profile, const double *z, size_t n);

/* Chooses whether places are found by levels or by changes: whichever finds those of more rows of z[n], each by the `reach` rows before it;
 * z as it was for profile_fit. Returns their share. */
double profile_found(Profile *profile, const double *z, size_t n, size_t reach);

/* What the profile adds at any place, counted on beyond the season. */
double profile_level(const Profile *profile, size_t place);

/* Takes the profile off z[n], whose first row is of place 0. */
void profile_remove(const Profile *profile, double *z, size_t n);

#endif
