import { Template } from '@huggingface/jinja';

process.exitCode = new Template('2').render() === '2' ? 2 : 1;
