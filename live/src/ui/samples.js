/** The test digits that a reader may choose from. */

const EACH = 5;

/**
 * Five digits of each class, in order of class.
 * @param {{labels: ArrayLike<number>}} data
 * @returns {number[]} fifty places in the data
 */
export function fifty(data) {
  const found = [];
  for (let label = 0; label < 10; label += 1) {
    for (let i = 0, n = 0; i < data.labels.length && n < EACH; i += 1) {
      if (data.labels[i] === label) {
        found.push(i);
        n += 1;
      }
    }
  }
  return found;
}

/** The words of a menu for one of them: "7, number 3". */
export function nameOf(data, index) {
  const options = fifty(data);
  return `${data.labels[index]}, number ${(options.indexOf(index) % EACH) + 1}`;
}
