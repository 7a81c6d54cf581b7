// Runs before the tests of each file, but what it imports is loaded once by each process.
import './equal-arrays.mjs';
