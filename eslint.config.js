import { gradusConfig } from '@gradus/eslint-config';

export default gradusConfig(import.meta.dirname);
