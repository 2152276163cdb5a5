/* SPDX-License-Identifier: Apache-2.0 */
/* credit.c -- see credit.h. */
#include "case/credit.h"

#include <math.h>
#include <stddef.h>

static const double SILENCE = 0.1; /* of a refutation */

/* Beta(yes, no). Ten claims' worth: some dozens of outcomes outweigh it. */
static const struct prior {
	double yes, no;
} priors[] = {{19, 1}, {9, 1}, {7, 3}, {5, 5}, {3, 7}, {1, 9}};

enum { GRADES = sizeof priors / sizeof *priors };

static size_t
row_of(char grade)
{
	return grade >= 'A' && grade < 'A' + GRADES ? (size_t)(grade - 'A') : GRADES - 1;
}

static double
prior_mean(size_t row)
{
	return priors[row].yes / (priors[row].yes + priors[row].no);
}

double
credit_mean(const struct credit *credit)
{
	const struct prior *p = &priors[row_of(credit->grade)];
	double silence = credit->grade == 'A' ? 0 : SILENCE;
	double yes = p->yes + (double)credit->confirmed;
	double no = p->no + (double)credit->refuted + silence * (double)credit->silent;

	return yes / (yes + no);
}

static double
log_odds(double p)
{
	return log(p / (1 - p));
}

double
credit_weight(const struct credit *credit, double weight)
{
	double moved =
	    log_odds(credit_mean(credit)) - log_odds(prior_mean(row_of(credit->grade)));

	return fmax(0, fmin(weight, weight + moved));
}

char
credit_grade(const struct credit *credit)
{
	double mean = credit_mean(credit);
	size_t row = row_of(credit->grade);

	/* Half way to the next letter's prior it is the next letter. */
	while (row + 1 < GRADES && mean < (prior_mean(row) + prior_mean(row + 1)) / 2)
		row++;
	return (char)('A' + row);
}

bool
credit_confirms(const struct credit *credit)
{
	return credit->grade <= 'C' && credit_mean(credit) >= 0.5;
}
