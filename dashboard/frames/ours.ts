import '../src/app.css';
import './wall.css';
import { mount } from 'svelte';
import Wall from './Wall.svelte';

mount(Wall, { target: document.body });
